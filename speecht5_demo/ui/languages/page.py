"""A page in another language: what Gradio wrote in English, said anew before it is sent.

Components are built once, for everybody, in English. A page carries them as one JSON document, and in it these are
replaced: labels, notes, placeholders, the words of buttons, the names of choices, and the texts and attributes of HTML.
What is marked `translate="no"`, and what the language has no text for, stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from speecht5_demo.ui.languages.catalog import Catalog

CONFIG = b"window.gradio_config = "
SAID = ("label", "info", "placeholder", "main_page_name", "title")
MARKUP = ("value", "html_template")
ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-label")
HTML_TAG = re.compile(rb'<html\s+lang="[^"]*"')
SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "'": "\\u0027"}
_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def in_language(page: bytes, catalog: Catalog, named: bool, messages: Sequence[str] = ()) -> bytes:
    """A page in a language.

    Args:
        page: in English, as Gradio made it.
        catalog: of the language.
        named: whether the page's address names it; the browser may then be of another.
        messages: that stand in the page.
    """
    if not catalog.page and not named:
        return page
    told = {"language": catalog.language, "texts": dict(catalog.script)}
    page = HTML_TAG.sub(f'<html lang="{catalog.language}" dir="{catalog.direction}"'.encode(), page, count=1)
    before, begun, after = page.partition(CONFIG)
    if not begun:
        return page
    text = after.decode()
    config, end = json.JSONDecoder().raw_decode(text)
    texts = {**catalog.page, **{str(each): catalog.said(each) for each in messages}}
    written = config_json(translated_config(config, texts) if catalog.page else config)
    script = f"<script>{SCRIPT.replace('TOLD', config_json(told))}</script>"
    at = before.rindex(b"<script>")
    return before[:at] + script.encode() + before[at:] + begun + (written + text[end:]).encode()


def translated_config(config: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Gradio's description of a page, with its words replaced."""
    return {
        **config,
        "title": texts.get(config.get("title", ""), config.get("title")),
        "pages": [[path, texts.get(name, name), *more] for path, name, *more in config.get("pages", [])],
        "components": [_component(each, texts) for each in config.get("components", [])],
    }


def _component(component: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    props, kind = dict(component.get("props", {})), component.get("type")
    for name in SAID:
        if isinstance(props.get(name), str):
            props[name] = texts.get(props[name], props[name])
    if kind == "button" and isinstance(props.get("value"), str):
        props["value"] = texts.get(props["value"], props["value"])
    if kind == "html":
        for name in MARKUP:
            if isinstance(props.get(name), str):
                props[name] = translated_markup(props[name], texts)
    if isinstance(props.get("choices"), list):
        props["choices"] = [
            [texts.get(each[0], each[0]), *each[1:]]
            if isinstance(each, (list, tuple)) and isinstance(each[0], str)
            else each
            for each in props["choices"]
        ]
    return {**component, "props": props}


def translated_markup(markup: str, texts: Mapping[str, str]) -> str:
    """HTML with its texts and spoken attributes replaced, each as a whole; white space around a text stays."""
    reader = _Markup(lambda text: texts.get(text, text))
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


class _Markup(HTMLParser):
    """Writes HTML again as it reads it."""

    def __init__(self, say: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._say = say
        self._open: list[str] = []
        self._kept = 0
        """How many open elements there were where texts began to stay as they are; 0: they do not."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append(tag)
            if not self._kept and (("translate", "no") in attrs or tag in ("script", "style")):
                self._kept = len(self._open)
        self.parts.append(self._begun(attrs))

    def _begun(self, attrs: list[tuple[str, str | None]]) -> str:
        """The element's start, with what is spoken of it replaced."""
        begun = self.get_starttag_text() or ""
        for name, value in attrs if not self._kept else []:
            if name in ATTRIBUTES and value and (said := self._say(value)) != value:
                begun = _with_attribute(begun, name, said)
        return begun

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self._begun(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if len(self._open) < self._kept:
            self._kept = 0
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        said = data if self._kept else _with_spaces(data, self._say)
        raw = self._open and self._open[-1] in ("script", "style")
        self.parts.append(said if raw else escape(said, quote=False))

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"<!--{data}-->")


def _with_attribute(begun: str, name: str, value: str) -> str:
    """The start of an element with another value of an attribute that it has."""
    return re.sub(rf'(\s{name}=")[^"]*"', lambda found: f'{found[1]}{escape(value)}"', begun, count=1)


def _with_spaces(data: str, say: Callable[[str], str]) -> str:
    text = " ".join(data.split())
    if not text or (said := say(text)) == text:
        return data
    start, end = data[: len(data) - len(data.lstrip())], data[len(data.rstrip()) :]
    return f"{start}{said}{end}"


def config_json(value: object) -> str:
    """A value as Gradio writes it into a script of a page: nothing in it ends the script."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(_ESCAPED.get(letter, letter) for letter in written)
