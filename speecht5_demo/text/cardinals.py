"""Plain numbers in words: 0, 1,000,000, 3.14159, -5, 22nd.

num2words knows English counting; this module decides what counts as one number, and reads out digit
by digit what nobody would say as a quantity (leading zeros, very long runs)."""

from __future__ import annotations

import re

from num2words import num2words

NUMBER = r"(?<![0-9])(?:[0-9]{1,3}(?:,[0-9]{3}){1,12}(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
"""One written quantity, without a sign: 7, 1,000,000, 3.14.

Groups are bounded: a rule tries a number from each of its groups, and a list of thousands of groups would take
the square of its length.
"""

_LONGEST_QUANTITY = 15  # digits; beyond the trillions a listener follows digits better than names
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_GROUPED = re.compile(
    r"(?<![\w.,])(?<![0-9] )[0-9]{1,3}(?:(?: [0-9]{3}){2,}|(?:\.[0-9]{3}){2})(?![\w.]| [0-9])"
)
_ORDINAL = re.compile(r"(?<![0-9.,])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:st|nd|rd|th)\b", re.IGNORECASE)
_CAPITAL_SUFFIX = re.compile(r"(?<=[0-9])(?:ST|ND|RD|TH)\b")
_SCIENTIFIC = re.compile(r"(?<![\w.])([0-9]+(?:\.[0-9]+)?)[eE]([+-]?)([0-9]{1,3})\b")
_SIGNED = re.compile(rf"(?:(?<![\w.,')])-(?=\.?[0-9]))?(?:{NUMBER}|(?<![\w])\.[0-9]+)")


def digits(text: str) -> str:
    """Each digit by itself: "007" is "zero zero seven"."""
    return " ".join(_DIGITS[int(digit)] for digit in text if "0" <= digit <= "9")


def cardinal(text: str) -> str:
    """A whole number, thousands separators allowed: "1,000" is "one thousand"."""
    plain = text.replace(",", "")
    if len(plain) > _LONGEST_QUANTITY or (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    return str(num2words(int(plain))).replace(",", "")


def ordinal(number: int) -> str:
    """A rank: 22 is "twenty-second"."""
    return str(num2words(number, to="ordinal")).replace(",", "")


def quantity(text: str) -> str:
    """A number as in `NUMBER`, with or without decimals: "3.14" is "three point one four"."""
    whole, point, decimals = text.partition(".")
    words = cardinal(whole or "0")
    return f"{words} point {digits(decimals)}" if point else words


def is_one(text: str) -> bool:
    """True when what is counted stays in the singular."""
    return text in ("1", "1.0", "1.00")


def _speak_ordinal(match: re.Match[str]) -> str:
    plain = match[1].replace(",", "")
    if len(plain) > _LONGEST_QUANTITY:
        return f"{digits(plain)}th"
    return ordinal(int(plain))


def _speak_scientific(match: re.Match[str]) -> str:
    sign = "minus " if match[2] == "-" else ""
    return f"{quantity(match[1])} times ten to the power of {sign}{quantity(str(int(match[3])))}"


def _speak_signed(match: re.Match[str]) -> str:
    text = match[0]
    words = quantity(text.removeprefix("-"))
    compound = match.string[match.end() : match.end() + 1] == "-"  # 5-year-old
    return f" {'minus ' if text.startswith('-') else ''}{words}{'' if compound else ' '}"


def lower_ordinal_suffixes(text: str) -> str:
    """The 21ST century: in capitals the suffix would be taken for letters."""
    return _CAPITAL_SUFFIX.sub(lambda match: match[0].lower(), text)


def join_groups(text: str) -> str:
    """1 000 000 and 1.000.000, as the continent writes a million, without their separators."""
    return _GROUPED.sub(lambda match: re.sub("[ .]", "", match[0]), text)


def speak_scientific(text: str) -> str:
    """1.5e-5, as programs print it."""
    return _SCIENTIFIC.sub(_speak_scientific, text)


def speak_ordinals(text: str) -> str:
    """1st, 22nd, 1,000th."""
    return _ORDINAL.sub(_speak_ordinal, text)


def speak_numbers(text: str) -> str:
    """Every number that no earlier rule has claimed."""
    return _SIGNED.sub(_speak_signed, speak_ordinals(text))
