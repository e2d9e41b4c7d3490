"""A language in which every text stands in brackets, and what of a page does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page

from speecht5_demo.ui.languages.catalog import scale_words

TEXTS = Path(__file__).parents[2] / "speecht5_demo" / "ui" / "languages" / "texts"
BRACKETED = "qps"
FIGURES = re.compile(r"(?:[\W\d_]|(?<![^\W\d_])(?:[A-Z]|s|ms|kB|MB|dB|CI|MOS)(?![^\W\d_]))*")
"""Numbers, units, marks and the letters of samples."""
OF_THE_LIBRARY = ("Reset to default value", "number input for", "range slider for")
SEEN = """() => {
  const found = new Set();
  const SPOKEN = ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext'];
  const kept = (node) => node.closest('[translate=no], script, style, noscript, footer, .languages');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!kept(parent) && parent.checkVisibility({ visibilityProperty: true })) found.add(walker.currentNode.data);
  }
  for (const node of document.querySelectorAll(SPOKEN.map((name) => `[${name}]`))) {
    if (kept(node) || !node.checkVisibility({ visibilityProperty: true })) continue;
    for (const name of SPOKEN) found.add(node.getAttribute(name) ?? '');
  }
  return [...found].map((text) => text.replace(/\\s+/g, ' ').trim()).filter(Boolean);
}"""


def write_bracketed(folder: Path) -> Path:
    """The language's file; it is written from right to left."""
    first = json.loads(next(iter(sorted(TEXTS.glob("*.json")))).read_text(encoding="utf-8"))
    said = {name: {**scale_words("de"), **first[name]} for name in ("page", "script")}
    texts = {name: {text: f"⟦{text}⟧" for text in section} for name, section in said.items()}
    folder.mkdir(parents=True, exist_ok=True)
    document = {"name": "⟦Brackets⟧", "direction": "rtl", **texts}
    path = folder / f"{BRACKETED}.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def untranslated(page: Page, *data: str) -> list[str]:
    """Visible and spoken texts, or what of them stands outside of brackets, that are no figures and no data.

    Args:
        data: what is of no language: names, sample texts.
    """
    return outside_of_brackets(page.evaluate(SEEN), *data, *OF_THE_LIBRARY)


def outside_of_brackets(texts: Iterable[str], *data: str) -> list[str]:
    """Those of some texts that are not whole in brackets, but for figures and data."""
    known = sorted(set(data), key=len, reverse=True)
    left = []
    for text in texts:
        rest = text
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
            rest = shorter
        rest = re.sub(r"⟦[^⟦⟧]*$|^[^⟦⟧]*⟧", "", rest)  # a text with an element in it
        for each in known:
            rest = rest.replace(each, "")
        if not FIGURES.fullmatch(rest):
            left.append(text)
    return left
