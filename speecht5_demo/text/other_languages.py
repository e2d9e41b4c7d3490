"""Text for a checkpoint that speaks another language than English: its letters stay, its numbers are written out.

The rules of this package are English. Of another language only what is certain is done: markup goes, letters that the
checkpoint's tokenizer knows stay, and num2words writes numbers where it knows the language. Signs are left out.
"""

from __future__ import annotations

import re
from decimal import Decimal

from num2words import CONVERTER_CLASSES, num2words

from speecht5_demo.errors import TextError
from speecht5_demo.text import characters, markup

_GROUPED = r"[0-9]{1,3}(?:[.' \u00a0\u202f][0-9]{3})+(?:,[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.[0-9]+)?"
_NUMBER = re.compile(
    rf"(?<![0-9])(?P<minus>(?<!\w)[-−])?(?P<number>{_GROUPED}|[0-9]+(?:[.,][0-9]+)?)(?![0-9])"
)
_MOST_DIGITS = 15
_SPEAKABLE = frozenset(" \n',.?!;:-")


def spoken_in(language: str, text: str, letters: frozenset[str]) -> str:
    """Write text out in another language.

    Args:
        language: its code, such as `de`.
        letters: those that the checkpoint's tokenizer knows.

    Raises:
        TextError: it holds letters of another script, or a number that nobody here can write out in this language.
    """
    text = markup.join_lines(characters.to_plain_characters(markup.strip_markup(text), letters))
    text = _NUMBER.sub(lambda match: _number(match, language), text)
    text = "".join(c if c in _SPEAKABLE or c.isalpha() else " " for c in text)
    lines = (re.sub(r"\s+([,.?!;:])", r"\1", " ".join(line.split())) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _number(match: re.Match[str], language: str) -> str:
    if language not in CONVERTER_CLASSES:
        raise TextError(
            f"The checkpoint's language is {language!r}, in which numbers cannot be written out here: "
            f"write {match['number']!r} in words, or set LANGUAGE to another code."
        )
    plain = re.sub(r"[' \u00a0\u202f]", "", match["number"])
    separators = re.findall("[.,]", plain)
    if len(separators) > 1 or (separators and len(re.split("[.,]", plain)[-1]) == 3 and separators[0] == "."):
        decimal = separators[-1] if separators[-1] != separators[0] else ""
        plain = "".join("." if c == decimal else "" if c in ".," else c for c in plain)
    value = Decimal(plain.replace(",", "."))
    if len(plain) > _MOST_DIGITS:
        raise TextError(f"The number {match['number']} is too long to be written out: write it in words.")
    if match["minus"]:
        value = -value
    number = int(value) if value == value.to_integral_value() else value
    return f" {num2words(number, lang=language)} "
