"""Texts in HTML, in the language of who reads."""

from __future__ import annotations

import html

from speecht5_demo.messages import Message, reader, told


class Markup(str):
    """HTML that is already escaped; in a message's values it stays as it is."""

    __slots__ = ()


def escaped(text: str, quote: bool = True) -> Markup:
    """A text as HTML: a message in the reader's words, all but its markup escaped."""
    if isinstance(text, Markup):
        return text
    return Markup(told(text, lambda part: part if isinstance(part, Markup) else html.escape(part, quote)))


def paragraph(text: str, css_class: str = "", quote: bool = True) -> str:
    """A paragraph of one text."""
    kind = f' class="{css_class}"' if css_class else ""
    return f"<p{kind}>{escaped(text, quote)}</p>"


def heading(text: str, level: int = 2) -> str:
    """A heading."""
    return f"<h{level}>{escaped(text)}</h{level}>"


def in_english(text: str) -> Markup:
    """A text that stands in English for all, marked as such where the rest does not; a message is translated."""
    if reader() is None or isinstance(text, Message):
        return escaped(text)
    return Markup(f'<span lang="en" dir="ltr">{escaped(text)}</span>')


def framed(content: str) -> str:
    """Content that says which language it is in."""
    now = reader()
    language, direction = (now.language, now.direction) if now else ("en", "ltr")
    return f'<div class="chart-report" lang="{language}" dir="{direction}">{content}</div>'
