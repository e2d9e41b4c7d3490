"""Years and decades: 1984, 2005, 1900s, '90s.

A bare number from 1100 to 2099 is read as a year ("nineteen eighty-four"), which is also how people
read house numbers; a following plural ("1984 apples") makes it a quantity, unless a word such as
"in" comes before."""

from __future__ import annotations

import re

from num2words import num2words

from speecht5_demo.text.cardinals import cardinal
from speecht5_demo.text.wordlists import words

_BEFORE_A_YEAR = words(
    "in since by of from until till before after around circa year years early late mid during between",
    "through spring summer autumn fall winter class copyright and to",
)
_BEFORE_AN_EARLY_YEAR = words("in since until circa year around")
_SINGULAR_IN_S = words(
    "is was has as this its his us yes does less plus thus across always perhaps",
)
_PLURALS = words("people men women children percent feet mice sheep fish times more")
_YEAR = re.compile(
    r"(?:(?P<before>\b[A-Za-z]+)(?P<gap>[\s,]+))?"
    r"(?<![\w.,:/'$-])(?P<year>1[0-9][0-9]{2}|20[0-9]{2})(?!\w|[.,:/][0-9]|-[0-9])(?P<after>\s+[A-Za-z]+)?"
)
_DECADE = re.compile(r"(?<![\w.,])(?P<century>1[1-9]|20)(?P<tens>[0-9])0'?s\b")
_SHORT_DECADE = re.compile(
    r"(?:(?P<before>\b[A-Za-z]+)(?P<gap>[\s-]+))?(?<![\w.,])(?P<mark>')?(?P<tens>[2-9])0s\b"
)
_SECONDS_FOLLOW = words(
    "of for after within under about takes took lasts lasted every in than wait",
)
_TENS = ("", "", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")


def year(number: int) -> str:
    """A year in words: 1984 is "nineteen eighty-four", 2005 "two thousand and five"."""
    return str(num2words(number, to="year")).replace("oh-", "oh ").replace(",", "")


def _speak_year(match: re.Match[str]) -> str:
    before, following = match["before"], (match["after"] or "").strip()
    counted = following.islower() and (
        following in _PLURALS or (following.endswith("s") and following not in _SINGULAR_IN_S)
    )
    dated = before is not None and before.lower() in _BEFORE_A_YEAR
    if match["year"] < "1100" and (counted or not dated or before.lower() not in _BEFORE_AN_EARLY_YEAR):
        return match[0]  # 1066 is a year where it is said to be, and else a count
    words = cardinal(match["year"]) if counted and not dated else year(int(match["year"]))
    return f"{before or ''}{match['gap'] or ''}{words}{match['after'] or ''}"


def _speak_decade(match: re.Match[str]) -> str:
    century, tens = int(match["century"]), int(match["tens"])
    if tens == 0:
        return "two thousands" if century == 20 else f"{cardinal(str(century))} hundreds"
    return f"{cardinal(str(century))} {_TENS[tens] if tens > 1 else 'tens'}"


def _speak_short_decade(match: re.Match[str]) -> str:
    before = match["before"]
    if match["mark"] is None and before is not None and before.lower() in _SECONDS_FOLLOW:
        return match[0]
    return f"{before or ''}{match['gap'] or ''}{_TENS[int(match['tens'])]}"


def speak_decades(text: str) -> str:
    """1980s, the '90s."""
    return _SHORT_DECADE.sub(_speak_short_decade, _DECADE.sub(_speak_decade, text))


def speak_years(text: str) -> str:
    """Bare numbers that read as years."""
    return _YEAR.sub(_speak_year, text)
