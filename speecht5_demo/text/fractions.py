"""Fractions: 1/2, 3 1/2, 2/3; and the pairs that only look like one (24/7, 9/11)."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import cardinal, ordinal

_PAIRS = {
    "24/7": "twenty-four seven", "9/11": "nine eleven", "50/50": "fifty fifty", "20/20": "twenty twenty",
    "80/20": "eighty twenty", "60/40": "sixty forty", "70/30": "seventy thirty", "90/10": "ninety ten",
}  # fmt: skip
_FRACTION = re.compile(
    r"(?<![\w.,/])(?:(?P<whole>[0-9]{1,3})[ -]+)?(?P<top>[0-9]{1,4})/(?P<bottom>[0-9]{1,4})"
    r"(?![\w/]|[.,][0-9])"
)
_NAMED = {2: "half", 4: "quarter"}


def part_name(bottom: int) -> str:
    """What one part is called: of 2 a half, of 4 a quarter, of 3 a third."""
    return _NAMED.get(bottom) or ordinal(bottom)


def _part(top: int, bottom: int) -> str:
    one = part_name(bottom)
    many = "halves" if bottom == 2 else f"{one}s"
    return f"{cardinal(str(top))} {one if top == 1 else many}"


def _speak(match: re.Match[str]) -> str:
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    written = f"{match['top']}/{match['bottom']}"
    if written in _PAIRS and not whole:
        return _PAIRS[written]
    if not 2 <= bottom <= 100 or not 0 < top < bottom:
        return f"{whole + ' ' if whole else ''}{match['top']} over {match['bottom']}"
    part = _part(top, bottom)
    if not whole:
        return part
    if top == 1 and bottom in _NAMED:
        part = f"a {_NAMED[bottom]}"
    return f"{cardinal(whole)} and {part}"


def speak_fractions(text: str) -> str:
    """Write out fractions, mixed numbers included."""
    return _FRACTION.sub(_speak, text)
