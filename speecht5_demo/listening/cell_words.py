"""What people and spreadsheets write for a rating, a number, and true or false."""

import re
from collections.abc import Mapping
from functools import lru_cache

from speecht5_demo.listening.methods import Method

_TRUE = "true t yes y 1 1.0 wahr ja vrai oui vero sì si verdadero sí verdadeiro sim waar sant prawda tak tosi igaz"
_FALSE = (
    "false f no n 0 0.0 falsch nein faux non falso não nao onwaar falskt fałsz nie nepravda epätosi hamis"
)
_TRUTH: Mapping[str, str] = {
    **dict.fromkeys((*_TRUE.split(), "doğru", "истина", "да", "真", "是", "सही"), "true"),
    **dict.fromkeys((*_FALSE.split(), "yanlış", "ложь", "нет", "假", "否", "ग़लत"), "false"),
}
_NUMBER = re.compile(r"[+−-]?\d+(?:[.,]\d*)?|[+−-]?[.,]\d+")
_NUMBER_AND_WORDS = re.compile(rf"({_NUMBER.pattern})\s*[-–—:=.)|,]?\s*\(?([^\W\d].*?)\)?")
_WORDS_AND_NUMBER = re.compile(rf"([^\W\d].*?)\s*[-–—:=(|,]?\s*({_NUMBER.pattern})\)?")
_OF_FIVE = re.compile(rf"({_NUMBER.pattern})\s*(?:/|of|out of|von|sur|de|su)\s*(\d+)", re.IGNORECASE)
_COUNTED = frozenset(
    ("point", "points", "star", "stars", "punkt", "punkte", "stern", "sterne", "étoile", "étoiles")
)


def truth_of(cell: str) -> str | None:
    """`true` or `false` for what a spreadsheet of any usual language writes; "" stays ""; None is unreadable."""
    word = cell.strip().casefold()
    return _TRUTH.get(word) if word else ""


def number_of(cell: str) -> str | None:
    """A number with a decimal point, from one with a point or a comma; None is unreadable."""
    word = _latin_digits(cell.strip())
    return word.replace("−", "-").replace(",", ".") if _NUMBER.fullmatch(word) else None


_STARS = re.compile(r"([★⭐]{1,10})[☆✩]{0,9}")
_BRACKETS = re.compile(r"[(\[](\d+(?:[.,]\d+)?)[)\]]\s*(.*)")
_SPELLED = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}


def rating_of(cell: str, method: Method) -> str | None:
    """A rating as a number, from a number, from the words of the scale in any of our languages, or from both.

    `3`, `3,5`, `5 - Excellent`, `(5) Excellent`, `Excellent (5)`, `excellent`, `4 of 5`, `4 stars` and `★★★★` are read.
    A number and a word that contradict each other are not, nor is anything else.
    """
    word = cell.strip(" \t\u200b\ufeff").removeprefix("'").removeprefix("=").strip('" ')
    word = _SPELLED.get(word.casefold(), word)
    if stars := _STARS.fullmatch(word.replace("\ufe0f", "").replace(" ", "")):
        whole = len(word.replace("\ufe0f", "").replace(" ", ""))
        return str(len(stars[1])) if whole in (len(stars[1]), method.high) else None
    if found := _BRACKETS.fullmatch(word):
        word = f"{found[1]} {found[2]}".strip()
    if (number := number_of(word)) is not None:
        return number
    labels = _labels(method)
    if (value := labels.get(_plain(word))) is not None:
        return str(value)
    if found := _OF_FIVE.fullmatch(word):
        return number_of(found[1]) if int(found[2]) == method.high else None
    for pattern, number_first in ((_NUMBER_AND_WORDS, True), (_WORDS_AND_NUMBER, False)):
        if found := pattern.fullmatch(word):
            number = number_of(found[1] if number_first else found[2])
            label = _plain(found[2] if number_first else found[1])
            if number is not None and (labels.get(label) == float(number) or label in _COUNTED):
                return number
    return None


def _latin_digits(word: str) -> str:
    """Full-width, Arabic and other decimal digits as 0 to 9, which is what is parsed afterwards."""
    return word if word.isascii() else "".join(str(int(c)) if c.isdecimal() else c for c in word)


def _plain(words: str) -> str:
    return " ".join(words.casefold().strip(" .!\"'()").split())


@lru_cache
def _labels(method: Method) -> Mapping[str, int]:
    labels: dict[str, int] = {}
    for words in method.words.values():
        labels.update({_plain(label): value for value, label in words.items()})
    return labels
