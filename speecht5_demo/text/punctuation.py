"""Punctuation as a voice uses it: brackets and dashes become pauses, quotation marks go, of a run the
strongest stays."""

from __future__ import annotations

import re

_STRENGTH = "?!.;:,"
_LEADING_APOSTROPHE = re.compile(r"(?<![A-Za-z])'(?!(?:cause|tis|twas|em|til|bout)\b)", re.IGNORECASE)
_TRAILING_APOSTROPHE = re.compile(r"'(?![A-Za-z])")
_DASH = re.compile(r"[—–]|-{2,}|(?<=\s)-(?=\s)")
_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])–(?=[A-Za-z])")
_LONE_HYPHEN = re.compile(r"(?<![A-Za-z])-|-(?![A-Za-z])")
_ELLIPSIS = re.compile(r"\.(?:\s?\.)+(?P<more>[\s,]*[a-z])?")
_MISSING_SPACE = re.compile(r"(?<=[a-z])\.(?=[A-Z])")
_INNER_STOP = re.compile(r"(?<=[A-Za-z])\.(?=[A-Za-z])|(?<!\S)\.(?=[A-Za-z]{2})")
_RUN = re.compile(r"(?<!\s)\s*[,.?!;:](?:\s*[,.?!;:])*\s*")
_EXCEPT_LAST = re.compile(r"(?<![,;:\s])[,;:\s]+$")


_GLUED_SENTENCE = re.compile(r"(?<=[0-9%)])\.(?=[A-Z][a-z]|[AI]\s)|(?<=[0-9a-z][?!])(?=[A-Z][a-z])")


def part_sentences(text: str) -> str:
    """A space behind the end of a sentence that lacks it, where a number or a mark stands before the next one."""
    return _GLUED_SENTENCE.sub(lambda match: f"{match[0]} ", text)


def _strongest(match: re.Match[str]) -> str:
    return (
        min(match[0].strip(), key=lambda mark: _STRENGTH.index(mark) if mark in _STRENGTH else len(_STRENGTH))
        + " "
    )


def _tidy_paragraph(text: str) -> str:
    text = re.sub(r"[\"`]", " ", text)
    text = _TRAILING_APOSTROPHE.sub(" ", _LEADING_APOSTROPHE.sub(" ", text))
    text = re.sub(r"[()\[\]{}|]", ", ", text)
    text = _DASH.sub(", ", _BETWEEN_WORDS.sub("-", text))
    text = _LONE_HYPHEN.sub(" ", text)
    text = _ELLIPSIS.sub(lambda match: f",{match['more']}" if match["more"] else ".", text)
    text = _INNER_STOP.sub(" dot ", _MISSING_SPACE.sub(". ", text))
    text = _RUN.sub(_strongest, text)
    text = re.sub(r"\s+", " ", text).lstrip(_STRENGTH + " -")
    return _EXCEPT_LAST.sub("", text)


def tidy(text: str) -> str:
    """One space between words, one mark where there was a run, a full stop before a new paragraph."""
    paragraphs = [tidied for paragraph in text.split("\n") if (tidied := _tidy_paragraph(paragraph))]
    closed = [paragraph if paragraph[-1] in ".?!" else f"{paragraph}." for paragraph in paragraphs[:-1]]
    return "\n".join(closed + paragraphs[-1:])
