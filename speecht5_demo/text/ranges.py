"""Ranges and scores: 10-20, pages 3–5, 1990–95. The numbers stay digits; the rules for numbers read them."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import NUMBER
from speecht5_demo.text.wordlists import words

_MARKS = r"(?:\s?[–—]\s?|-|\s(?:\.\.\.)\s)"
_IN_WORDS = re.compile(rf"(?<![\w.,-])({NUMBER})-to-(?={NUMBER})")
_DIFFERENCE = re.compile(rf"(?<![\w.,-])({NUMBER})\s?[-−]\s?({NUMBER})(?=\s?=)")
_RANGE = re.compile(rf"(?<![\w.,-])({NUMBER})(%|°)?{_MARKS}({NUMBER})(?![\w-](?<![%A-Za-z])|-[0-9])")
_SPACED = re.compile(
    rf"(?P<before>\b[A-Za-z]+\.?\s+)?(?<![\w.,-])(?P<first>{NUMBER})(?P<unit>%|°)?\s-\s(?P<last>{NUMBER})(?P<after>\s?%|\s?°|\s?[A-Za-z]+)?"
)
_CALCULATED = words("is calculate compute equals minus subtract evaluate what's solve sum plus times")
_SCORED = words(
    "won win wins lost lose loses beat led lead leads tied drew score scored final leading trailing by at"
)


_SCORE_NEAR = re.compile(
    r"\b(?:scores?|won|beat|beaten|lost|defeated|victory|defeat|win|draw|drew|tied|led|voted?)\b[^.?!\n]*$"
)


def _speak_spaced(match: re.Match[str]) -> str:
    """A dash with spaces is "to" before what is counted, behind a word of a score, and from small to large."""
    before = (match["before"] or "").strip().lower().rstrip(".")
    first, last = (float(match[part].replace(",", "")) for part in ("first", "last"))
    near = match.string[max(0, match.start() - 40) : match.start()]
    counted = bool(match["after"]) or before in _SCORED or bool(_SCORE_NEAR.search(near))
    up = last > first and before not in _CALCULATED
    word = "to" if counted or up else "minus"
    return f"{match['before'] or ''}{match['first']}{match['unit'] or ''} {word} {match['last']}{match['after'] or ''}"


def speak_ranges(text: str) -> str:
    """Read a dash between two numbers as "to", or as "minus" in a sum (5 - 3 = 2)."""
    text = _IN_WORDS.sub(r"\1 to ", text)
    text = _DIFFERENCE.sub(r"\1 minus \2", text)
    text = _RANGE.sub(r"\1\2 to \3", text)
    return _SPACED.sub(_speak_spaced, text)
