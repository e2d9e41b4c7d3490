"""Symbols: & + = % @ # * / < > ~ ° © ™ § ×, arrows and mathematics. What stands for a word is said as
that word."""

from __future__ import annotations

import re
import unicodedata

from speecht5_demo.text.money import SIGN_NAMES

NAMES = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "%": "percent",
    "@": "at",
    "#": "hash",
    "*": "star",
    "/": "slash",
    "\\": "backslash",
    "<": "less than",
    ">": "greater than",
    "~": "tilde",
    "^": "caret",
    "_": "underscore",
    "°": "degrees",
    "²": "squared",
    "³": "cubed",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "≤": "less than or equal to",
    "≥": "greater than or equal to",
    "≠": "is not equal to",
    "≈": "approximately equals",
    "→": "to",
    "⇒": "implies",
    "←": "from",
    "↔": "to and from",
    "↑": "up",
    "↓": "down",
    "∞": "infinity",
    "√": "square root of",
    "∑": "sum of",
    "∏": "product of",
    "∂": "partial",
    "∫": "integral of",
    "∈": "in",
    "‰": "per mille",
    "©": "copyright",
    "®": "registered trademark",
    "™": "trademark",
    "§": "section",
    "¶": "paragraph",
    "†": "dagger",
    "‡": "double dagger",
    "✓": "check mark",
    "✔": "check mark",
    "✗": "cross mark",
    "★": "star",
    "☆": "star",
    "♪": "music note",
    "μ": "mu",
    "Ω": "omega",
    **SIGN_NAMES,
}
"""What each symbol is called. Punctuation is no symbol: it is heard as a pause, or not at all."""

_SILENT = frozenset(" \n'\",.?!;:-–—()[]{}|`")
_DECORATION = re.compile(r"([=_~*#+<>^@/\\-])\1{2,}")
_SHARP = re.compile(r"\b([CFG])#(?!\w)")
_NUMBER_SIGN = re.compile(r"#\s?(?=[0-9])")
_ABOUT = re.compile(r"[~≈]\s?(?=[$€£¥]?[0-9])")
_OPERATORS = {
    "<->": " to and from ",
    "->": " to ",
    "=>": " to ",
    "<=": " less than or equal to ",
    ">=": " greater than or equal to ",
    "!=": " is not equal to ",
    "==": " equals ",
    "&&": " and ",
    "||": " or ",
}
_OPERATOR = re.compile("|".join(re.escape(operator) for operator in _OPERATORS))
_TIMES = re.compile(r"(?<=[0-9)])\s?\*\s?(?=[0-9(])|(?<=\b[a-z0-9])\*(?=[a-z0-9]\b)")
_RAISED = re.compile(r"(?<=[\w)])\s?\*\*\s?(?=-?[0-9])")
_DIVIDED = re.compile(r"(?<=[0-9)])\s/\s(?=[0-9(])")
_SQUARED = re.compile(r"(?<=[\w)])\^2(?![0-9])")
_CUBED = re.compile(r"(?<=[\w)])\^3(?![0-9])")
_POWER = re.compile(r"(?<=[\w)])\^\(?(-?\w+)\)?")
_MINUS = re.compile(r"(?<=[0-9)])\s-\s?(?=[0-9(])|(?<=\b[a-z])\s-\s(?=[0-9(a-z]\b)")
_BOTH = re.compile(r"\band\s?/\s?or\b", re.IGNORECASE)


def speak_operators(text: str) -> str:
    """Symbols whose reading depends on the numbers and words beside them."""
    text = _DECORATION.sub(", ", text)
    text = _OPERATOR.sub(lambda match: _OPERATORS[match[0]], text)
    text = _BOTH.sub("and or", text)
    text = _SHARP.sub(r"\1 sharp", text)
    text = _NUMBER_SIGN.sub(" number ", text)
    text = _ABOUT.sub(" about ", text)
    text = _DIVIDED.sub(" divided by ", _RAISED.sub(" to the power of ", text))
    text = _TIMES.sub(" times ", text)
    text = _CUBED.sub(" cubed", _SQUARED.sub(" squared", text))
    text = _POWER.sub(r" to the power of \1", text)
    return _MINUS.sub(" minus ", text)


def _name(character: str) -> str:
    if character in _SILENT or (character.isascii() and character.isalnum()):
        return character
    if character in NAMES:
        return f" {NAMES[character]} "
    if character.isalpha():
        return character  # a letter that the checkpoint knows; others are gone by now
    return f" {unicode_name(character)} "


def unicode_name(character: str) -> str:
    """The name Unicode gives to a symbol, as words: "∴" is "therefore"."""
    return unicodedata.name(character, "unknown symbol").lower().replace("-", " ")


def speak_symbols(text: str) -> str:
    """Every symbol that is left."""
    return "".join(map(_name, text))
