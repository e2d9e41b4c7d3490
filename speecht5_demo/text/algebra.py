"""Algebra: 2x + 1 = 5, 3x - 4, y = 2ab, x - 10. A number before a letter is a coefficient where an operator is near."""

from __future__ import annotations

import re

_NEAR_OPERATOR = r"(?=\s*(?:[-+=<>≤≥≠≈*/^)·×÷]|²|³)(?!-?[A-Za-z]{2}))"
_COEFFICIENT = re.compile(rf"(?<![\w.,$€£#-])([0-9]+(?:\.[0-9]+)?)([a-z]{{1,2}}){_NEAR_OPERATOR}")
_COEFFICIENT_BEHIND = re.compile(
    r"(?<=[-+=<>≤≥≠≈*/^(×÷])(\s*)([0-9]+(?:\.[0-9]+)?)([a-z]{1,2})(?![\w'-])(?!\s+[a-z]{2})"
)
_SUBJECT = re.compile(
    r"(?P<before>(?:^|[.,;:(\n]\s*|\b(?:if|when|that|since|because|where|so|then|thus|hence|solve|find|simplify|let|and|"
    r"term|expression|is|are|both)\s))(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<letter>[xyzn])"
    r"(?=\s(?:is|are|was|equals|plus|minus|over|divided|times|squared|cubed|has)\b)",
    re.MULTILINE,
)
"""5x is the product: a number and a letter that something is said of; "it is 5x faster" is a factor."""

_UNIT_NAMES = "cm|mm|km|dm|nm|um|ft|in|mi|yd|kg|mg|ml|dl|cl|hr"
_TERM = re.compile(
    r"(?:(?<=[=+*/])|(?<=[-=+*/] ))"
    rf"(?!(?:{_UNIT_NAMES}|is|it|in|on|of|to|or|if|as|at|an|be|by|do|go|no|so|up|us|we|he|me|my)(?![a-z]))"
    r"([a-z]{2})(?=\s[-+=*/]|[+=*/)]|²|³|\^|\s*(?:$|[.,;])(?<=[A-Za-z] = [a-z]{2}))|(?<![\w'-])(?<![0-9] )"
    rf"(?!(?:{_UNIT_NAMES})(?![a-z]))([a-z]{{2}})(?=²|³|\^[0-9])"
)
"""Letters multiplied: y = mx + b, ax² + bx + c = 0."""

_OPERATORS_ONLY = re.compile(
    r"(?<![A-Za-z'-])[b-hj-z](?:²|³|\^[0-9]+)?(?:\s+[-−]\s+|[−]|(?<=[xyznk²³0-9])-)(?=[0-9])"
    r"|(?:(?<=^)|(?<=[=(+*/])|(?<=[=(+*/] ))[B-HJ-Z]\s?[-−]\s(?=[0-9])"
    r"|(?<=[²³]) [-−] (?=[0-9a-z(])|(?<=\([a-z])[-−](?=[a-z0-9]\))"
    r"|(?:(?<=\b[a-z])|(?<=[0-9][a-z])|(?<=[0-9])) [-−] (?=(?:[0-9]* ?[xyzn]|[b-hj-z]|a(?!\s+[A-Za-z]))\b)"
)


_NAMED = {
    "sin": "sine",
    "cos": "cosine",
    "tan": "tangent",
    "log": "log",
    "ln": "natural log",
    "exp": "e to the",
}
_NAMED_FUNCTION = re.compile(rf"\b({'|'.join(_NAMED)})\(([^()\n]{{1,30}})\)")
_OVER = re.compile(r"(?<![\w/'-])([xyznk])\s?/\s?(?=(?:[0-9]+|[xyznk])(?![\w/]))")
_PRODUCT = re.compile(r"(?<==)(\s*)([a-z]{2,3})(?=\^[0-9]|[²³])")
_FUNCTION = re.compile(r"\b([fghFGH])\(([a-z])\)")


def _spaced(letters: str) -> str:
    return " ".join(letters)


def speak_algebra(text: str) -> str:
    """Set coefficients apart from their letters, and read a dash between terms as "minus"."""
    text = _NAMED_FUNCTION.sub(
        lambda match: (
            f"{_NAMED[match[1]]} {match[2]}" if match[1] == "exp" else f"{_NAMED[match[1]]} of {match[2]}"
        ),
        text,
    )
    text = _PRODUCT.sub(lambda match: match[1] + _spaced(match[2]), _OVER.sub(r"\1 over ", text))
    text = _FUNCTION.sub(r"\1 of \2", text)
    text = _SUBJECT.sub(lambda match: f"{match['before']}{match['number']} {match['letter']}", text)
    text = _TERM.sub(lambda match: _spaced(match[1] or match[2]), text)
    text = _COEFFICIENT.sub(lambda match: f"{match[1]} {_spaced(match[2])}", text)
    text = _COEFFICIENT_BEHIND.sub(lambda match: f"{match[1]}{match[2]} {_spaced(match[3])}", text)
    return _OPERATORS_ONLY.sub(lambda match: re.sub(r"\s*[-−]\s*$", " minus ", match[0]), text)
