"""Text for a checkpoint that speaks another language than English: its letters stay, its numbers are written out.

The rules of this package are English. Of another language only what is certain is done: markup goes, letters that the
checkpoint's tokenizer knows stay, num2words writes numbers where it knows the language, and a few languages name signs,
ranges and times. Other signs are left out, and said to be.
"""

from __future__ import annotations

import re
from decimal import Decimal

from num2words import CONVERTER_CLASSES, num2words

from speecht5_demo.errors import TextError
from speecht5_demo.messages import Message
from speecht5_demo.text import characters, markup
from speecht5_demo.text.language_words import CLOCK, MONTHS, NUMERO, SIGNS, TO

_GROUPED = (
    r"[0-9]{1,3}(?:[.' \u00a0\u202f][0-9]{3}){1,10}(?![0-9])(?:,[0-9]+)?"
    r"|[0-9]{1,3}(?:,[0-9]{3}){2,10}(?:\.[0-9]+)?"
)
_NUMBER = re.compile(
    rf"(?<![0-9])(?P<minus>(?<![\w)])[-−](?=[0-9]))?(?P<number>{_GROUPED}|[0-9]+(?:[.,][0-9]+)?)(?![0-9])"
)
_RANGE = re.compile(r"(?<![0-9.,:/-])([0-9]{1,6}) ?[-–—] ?(?=[0-9]{1,6}(?![0-9/-]|[.,:][0-9]))")
_TIME = re.compile(
    r"(?<![0-9.,:])([01]?[0-9]|2[0-4])(?::| ?[hH] ?|\.(?=[0-9]{2} Uhr))([0-5][0-9])(?: Uhr\b)?(?![0-9:])"
)
_HOUR = re.compile(r"(?<![0-9.,:])([01]?[0-9]|2[0-4]) ?h\b")
_DATE = re.compile(
    r"(?<![0-9.])(0?[1-9]|[12][0-9]|3[01])\.(0?[1-9]|1[0-2])\.((?:1[0-9]|20)[0-9]{2})(?![0-9])"
)
_SIGN = r"R\$|[€$£]"
_MONEY_FIRST = re.compile(rf"({_SIGN})\s?({_GROUPED}|[0-9]+(?:[.,][0-9]{{1,2}})?)(?![0-9])")
_MONEY = re.compile(
    rf"(?<![0-9.,])(?P<whole>[0-9]{{1,3}}(?:[.' \u00a0\u202f][0-9]{{3}}){{1,5}}|[0-9]{{1,9}})"
    rf"[.,](?P<cents>[0-9]{{2}})\s?(?P<sign>{_SIGN})"
)
_NUMERO = re.compile(r"\b[Nn](?:[°º]|r\.|o\.)\s?(?=[0-9])")
_SUFFIXED = {
    "fr": re.compile(r"(?<![0-9.,])([0-9]{1,4})(?:ers?|re|ères?|e|es|è|èmes?|ème|eme)\b"),
    "es": re.compile(r"(?<![0-9.,])([0-9]{1,4})\.?(º|ª|er\b|o\b|a\b)"),
    "it": re.compile(r"(?<![0-9.,])([0-9]{1,4})\.?(º|ª|°)(?!C)"),
    "pt": re.compile(r"(?<![0-9.,])([0-9]{1,4})\.?(º|ª|o\b|a\b)"),
    "nl": re.compile(r"(?<![0-9.,])([0-9]{1,4})(?:e|de|ste)\b"),
}
_STOPPED_RANK = (
    r"(?P<before>\b(?:{articles})\s)?(?<![0-9.,])(?P<rank>[0-9]{{1,4}})\.(?P<gap>\s)"
    r"(?=(?P<month>(?:{months})\b)|\w)"
)
_ARTICLES = {
    "de": "am|im|zum|vom|dem|den|des|beim|der|die|das|ab|bis|seit",
    "da": "den|det|de",
    "no": "den|det|de",
}
_DECLINED = frozenset({"am", "im", "zum", "vom", "dem", "den", "des", "beim", "ab", "bis", "seit"})
_YEAR = re.compile(r"(?<![0-9.,])1[1-9][0-9]{2}(?![0-9]|[.,][0-9])")
_YEARS_IN_HUNDREDS = frozenset({"de", "nl", "da", "no"})
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
    text = _with_numbers(markup.strip_markup(text), language)
    text = markup.join_lines(characters.to_plain_characters(text, letters))
    text = _spoken_signs(text, language)
    # What num2words and the words beside it brought along may hold letters that the tokenizer does not know.
    text = characters.to_plain_characters(text, letters)
    text = "".join(c if c in _SPEAKABLE or c.isalpha() else " " for c in text)
    lines = (re.sub(r"\s+([,.?!;:])", r"\1", " ".join(line.split())) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def unnamed_signs(text: str, language: str) -> list[str]:
    """Signs that are left out in a language, each once."""
    found = re.findall(r"[^\w\s',.?!;:()\"\-‘’‚“”„«»‹›–—…¡¿]", text)
    named = "".join(SIGNS.get(language, {})) + ("º°ª" if language in NUMERO else "")
    return [sign for sign in dict.fromkeys(found) if sign not in named]


def _with_numbers(text: str, language: str) -> str:
    """Every number in words; first those whose neighbours tell what they are."""
    if language in CONVERTER_CLASSES:
        text = _NUMERO.sub(lambda match: f"{NUMERO[language]} " if language in NUMERO else match[0], text)
        text = _ranks(text, language)
        text = _RANGE.sub(lambda match: f"{match[1]} {TO[language]} " if language in TO else match[0], text)
        text = _TIME.sub(lambda match: _time(match, language), text)
        if language in CLOCK:
            text = _HOUR.sub(lambda match: f"{match[1]} {CLOCK[language]}", text)
        if language in _YEARS_IN_HUNDREDS:
            text = _YEAR.sub(lambda match: str(num2words(int(match[0]), lang=language, to="year")), text)
        text = _MONEY_FIRST.sub(r"\2 \1", text)
        text = _MONEY.sub(lambda match: _money(match, language), text)
    return _NUMBER.sub(lambda match: _number(match, language), text)


def _money(match: re.Match[str], language: str) -> str:
    """3,50 € is three euros fifty."""
    name = SIGNS.get(language, {}).get(match["sign"])
    if name is None:
        return match[0]
    return f"{match['whole']} {name} {int(match['cents']) or ''}"


def _spoken_signs(text: str, language: str) -> str:
    for sign, name in SIGNS.get(language, {}).items():
        text = text.replace(sign, f" {name} ")
    return text


def _ordinal(number: str, language: str, ending: str = "") -> str:
    words = str(num2words(int(number), lang=language, to="ordinal"))
    return words + ending


def _ranks(text: str, language: str) -> str:
    if language == "de":
        text = _DATE.sub(
            lambda match: (
                f"{_ordinal(match[1], 'de', 'r')} {_ordinal(match[2], 'de', 'r')} "
                f"{num2words(int(match[3]), lang='de', to='year')}"
            ),
            text,
        )
    if language in MONTHS:
        pattern = _STOPPED_RANK.format(articles=_ARTICLES[language], months=MONTHS[language])
        text = re.sub(pattern, lambda match: _stopped_rank(match, language), text, flags=re.IGNORECASE)
    if suffixed := _SUFFIXED.get(language):
        text = suffixed.sub(lambda match: _suffixed_rank(match, language), text)
    return text


def _stopped_rank(match: re.Match[str], language: str) -> str:
    """Am 3. Oktober; a full stop behind a number ends a sentence where neither an article nor a month tells."""
    article = (match["before"] or "").strip().lower()
    following = match.string[match.end() : match.end() + 1]
    if not (match["month"] or (article and following.isalpha())):
        return match[0]
    ending = ("n" if article in _DECLINED else "" if article else "r") if language == "de" else ""
    return f"{match['before'] or ''}{_ordinal(match['rank'], language, ending)}{match['gap']}"


def _suffixed_rank(match: re.Match[str], language: str) -> str:
    words = _ordinal(match[1], language)
    if language == "fr" and match[1] == "1":
        return "première" if match[0].endswith(("re", "ère", "ères")) else "premier"
    if language in ("es", "it", "pt") and match[2] in ("ª", "a"):
        return " ".join(re.sub("o$", "a", word) for word in words.split())
    return re.sub("ero$", "er", words) if language == "es" and match[2] == "er" else words


def _time(match: re.Match[str], language: str) -> str:
    between = CLOCK.get(language, "")
    minutes = "" if match[2] == "00" else f" {int(match[2])}"
    return f" {int(match[1])} {between}{minutes} "


def _number(match: re.Match[str], language: str) -> str:
    if language not in CONVERTER_CLASSES:
        raise TextError(
            Message(
                "The checkpoint's language is {language}, in which numbers cannot be written out here: "
                "write {number} in words, or set LANGUAGE to another code.",
                language=repr(language),
                number=repr(match["number"]),
            )
        )
    plain = re.sub(r"[' \u00a0\u202f]", "", match["number"])
    separators = re.findall("[.,]", plain)
    if len(separators) > 1 or (separators and len(re.split("[.,]", plain)[-1]) == 3 and separators[0] == "."):
        decimal = separators[-1] if separators[-1] != separators[0] else ""
        plain = "".join("." if c == decimal else "" if c in ".," else c for c in plain)
    if plain.isdigit() and (len(plain) > _MOST_DIGITS or (len(plain) > 1 and plain[0] == "0")):
        return " " + " ".join(str(num2words(int(digit), lang=language)) for digit in plain) + " "
    if len(plain) > _MOST_DIGITS:
        raise TextError(
            Message(
                "The number {number} is too long to be written out: write it in words.",
                number=match["number"],
            )
        )
    value = Decimal(plain.replace(",", "."))
    if match["minus"]:
        value = -value
    number = int(value) if value == value.to_integral_value() else value
    return f" {num2words(number, lang=language)} "
