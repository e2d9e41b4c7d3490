"""Dates: 2026-11-23, 23 Nov 2026, Nov. 23, 2026, 11/23/2026, 23.11.2026.

Slashes are read the American way, month first, unless only the other order is possible; dots are
read day first."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import ordinal
from speecht5_demo.text.years import speak_decades, year

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NAMES = (
    r"(?:Jan(?:uary)?|JAN(?:UARY)?|Feb(?:ruary)?|FEB(?:RUARY)?|Mar(?:ch)?|MAR(?:CH)?|Apr(?:il)?|APR(?:IL)?|May|MAY|"
    r"June?|JUNE?|July?|JULY?|Aug(?:ust)?|AUG(?:UST)?|Sept?(?:ember)?|SEPT?(?:EMBER)?|Oct(?:ober)?|OCT(?:OBER)?|"
    r"Nov(?:ember)?|NOV(?:EMBER)?|Dec(?:ember)?|DEC(?:EMBER)?)"
)
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])"
_TO_DAY = r"(?:\s?(?:[-–—]|to)\s?(?P<last>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?)?"
_YEAR = r"(?P<year>1[0-9]{3}|20[0-9]{2})"
_END = r"(?!\w|[.,:/][0-9]|-[0-9]|\s?[%°])"

_ISO = re.compile(
    r"(?<![\w./-])(?P<year>[12][0-9]{3})[-/](?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})(?!\w(?<!T)|[-/.][0-9])(?:T(?=[0-9]))?"
)
_DAY_MONTH = re.compile(
    rf"(?:\b[Tt]he\s+)?(?<![\w.,:/$£€¥#-]){_DAY}(?:st|nd|rd|th)?{_TO_DAY}[\s-]+(?:of\s+)?(?P<name>{_NAMES})\b"
    rf"(?:\.?,?[\s-]+{_YEAR}{_END}|\.(?=\s+[a-z0-9]))?"
)
_MONTH_DAY = re.compile(
    rf"\b(?P<name>{_NAMES})\.?\s+(?:the\s+)?{_DAY}(?:st|nd|rd|th)?{_TO_DAY}{_END}(?:,?\s+{_YEAR}{_END})?"
)
_MONTH_YEAR = re.compile(rf"\b(?P<name>{_NAMES})\.?,?\s+{_YEAR}{_END}")
_NUMERIC = re.compile(
    r"(?<![\w./-])(?P<first>[0-9]{1,2})(?P<mark>[/.-])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[12][0-9]{3}|[0-9]{2})"
    r"(?!\w|[./-][0-9])"
)
_MONTH_ALONE = re.compile(r"\b(Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.(?=\s+[a-z0-9]|,)")
_WEEKDAY = re.compile(
    rf"\b(Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)(?:\.,?|,)?(?=\s+(?:the\s+)?(?:[0-9]|{_NAMES}\b))"
)
_WEEKDAY_ALONE = re.compile(
    r"\b(?:(Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)\.(?=,|\s+[a-z])|(Tues|Wed|Thurs|Thu|Fri)\.(?=\s*$))"
)
_FISCAL = re.compile(r"\b(FY|CY)(?=(?:19|20)[0-9]{2}\b)")
_DAYS = r"(Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)(?:day|nesday|rsday|sday|urday)?"
_DAY_TO_DAY = re.compile(rf"\b{_DAYS}\b\.?\s?[-–—]\s?{_DAYS}\b(?!-)")
_MONTH_TO_MONTH = re.compile(rf"\b({_NAMES})\b\.?\s?[-–—]\s?({_NAMES})\b(?!-)")
_WEEKDAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}


def _month(name: str) -> str:
    return next(month for month in _MONTHS if month[:3] == name[:3].title())


def _days(match: re.Match[str]) -> str:
    last = match["last"]
    return ordinal(int(match["day"])) + (f" to {ordinal(int(last))}" if last else "")


def _in_year(match: re.Match[str]) -> str:
    return f", {year(int(match['year']))}" if match["year"] else ""


def _speak_iso(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year(int(match['year']))} "


def _speak_numeric(match: re.Match[str]) -> str:
    first, second, mark = int(match["first"]), int(match["second"]), match["mark"]
    if len(match["year"]) == 2 and mark != "/":
        return match[0]
    month, day = (second, first) if mark == "." or first > 12 else (first, second)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    number = int(match["year"])
    if number < 100:
        number += 2000 if number < 50 else 1900
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year(number)}"


def speak_dates(text: str) -> str:
    """Write out dates and decades; what is no date (13/45/2026) is left to the rules for numbers."""
    text = _DAY_TO_DAY.sub(lambda match: f"{_WEEKDAYS[match[1][:3]]} to {_WEEKDAYS[match[2][:3]]}", text)
    text = _MONTH_TO_MONTH.sub(lambda match: f"{_month(match[1])} to {_month(match[2])}", text)
    text = _WEEKDAY.sub(lambda match: f"{_WEEKDAYS[match[1][:3]]},", text)
    text = _WEEKDAY_ALONE.sub(lambda match: _WEEKDAYS[(match[1] or match[2])[:3]], _FISCAL.sub(r"\1 ", text))
    text = _ISO.sub(_speak_iso, text)
    text = _NUMERIC.sub(_speak_numeric, text)
    text = _DAY_MONTH.sub(
        lambda match: f"the {_days(match)} of {_month(match['name'])}{_in_year(match)}", text
    )
    text = _MONTH_DAY.sub(lambda match: f"{_month(match['name'])} {_days(match)}{_in_year(match)}", text)
    text = _MONTH_YEAR.sub(lambda match: f"{_month(match['name'])} {year(int(match['year']))}", text)
    text = _MONTH_ALONE.sub(lambda match: _month(match[1]), text)
    return speak_decades(text)
