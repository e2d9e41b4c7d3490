"""Ranges and scores: 10-20, pages 3–5, 1990–95. The numbers stay digits; the rules for numbers read them."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import NUMBER

_MARKS = r"(?:\s?[–—]\s?|-|\s(?:\.\.\.)\s)"
_IN_WORDS = re.compile(rf"(?<![\w.,-])({NUMBER})-to-(?={NUMBER})")
_DIFFERENCE = re.compile(rf"(?<![\w.,-])({NUMBER})\s?[-−]\s?({NUMBER})(?=\s?=)")
_RANGE = re.compile(rf"(?<![\w.,-])({NUMBER})(%|°)?{_MARKS}({NUMBER})(?![\w-](?<![%A-Za-z])|-[0-9])")
_MINUS = re.compile(rf"(?<![\w.,-])({NUMBER})\s-\s(?={NUMBER})")


def speak_ranges(text: str) -> str:
    """Read a dash between two numbers as "to", or as "minus" in a sum (5 - 3 = 2)."""
    text = _IN_WORDS.sub(r"\1 to ", text)
    text = _DIFFERENCE.sub(r"\1 minus \2", text)
    text = _RANGE.sub(r"\1\2 to \3", text)
    return _MINUS.sub(r"\1 minus ", text)
