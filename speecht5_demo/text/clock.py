"""Times of day: 3:30 pm, 14:05, 12:00, 9am; and ratios and scores written with a colon."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import cardinal

_HALF = r"(?P<half>[AaPp])(?:(?P<dot>\.)\s?[Mm]\.?|[Mm]\b)"
_TWELVE_HOURS = re.compile(
    rf"(?<![\w.,:$-])(?P<hour>[01]?[0-9])(?:[:.](?P<minute>[0-5][0-9]))?\s?{_HALF}(?P<more>\s+[A-Z][a-z]+|\s*$)?"
)
_TO_TWELVE_HOURS = re.compile(
    r"(?<![\w.,:$-])([01]?[0-9](?::[0-5][0-9])?)\s?[-–—]\s?(?=[01]?[0-9](?::[0-5][0-9])?\s?[AaPp]\.?\s?[Mm]\b)"
)
_AFTER_HALF = re.compile(r"(?<=[0-9\s.][AaPp][Mm])\s?[-–—]\s?(?=[0-9])")
_COLON = re.compile(
    r"(?<![\w.,:])(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]+)?)?(?:h\b|(?P<zulu>Z\b))?(?![\w:])"
)
_TO_TIME = re.compile(r"(?<=:[0-9]{2})\s?[-–—]\s?(?=[0-9]{1,2}:[0-9]{2}(?![\w:]))")
_NOON = re.compile(r"\b([Nn]oon|[Mm]idnight)\s?[-–—]\s?(?=[0-9])")
_TO_NOON = re.compile(r"(?<=[0-9mM.])\s?[-–—]\s?(?=(?:noon|midnight)\b)")
_LASTED = re.compile(
    r"(?P<before>\b(?:in|took|takes|lasted|lasts|time of|runtime(?:\sof|:)?|duration(?:\sof|:)?|"
    r"record of|finished in)\s)"
    r"(?P<hour>[0-9]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])(?![\w:]|\.[0-9]|\s?[AaPp]\.?[Mm])"
)
_O_CLOCK = re.compile(r"(?<![\w.,:])([0-9]{1,2}:00)\s+o'\s?clock\b", re.IGNORECASE)
_RATIO = re.compile(r"(?<![\w.,:])([0-9]+):([0-9]+)(?![\w:])")


def _minutes(text: str) -> str:
    return f"oh {cardinal(text[1])}" if text[0] == "0" else cardinal(text)


def _speak_twelve(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), match["minute"]
    if hour > 12:
        return match[0]
    words = cardinal(str(hour)) + (f" {_minutes(minute)}" if minute and minute != "00" else "")
    more = match["more"]
    end = "." if match["dot"] and more is not None else ""
    return f"{words} {match['half'].lower()} m{end}{more or ''}"


def _speak_colon(match: re.Match[str]) -> str:
    hour, minute, second = int(match["hour"]), match["minute"], match["second"]
    zone = " U T C" if match["zulu"] else ""
    if hour > 24:
        return match[0]
    if second:
        seconds = (
            f" and {cardinal(str(int(second)))} second{'' if second == '01' else 's'}"
            if second != "00"
            else ""
        )
        return f"{cardinal(str(hour))} {'hundred' if minute == '00' else _minutes(minute)}{seconds}{zone}"
    if minute != "00":
        return f"{cardinal(str(hour))} {_minutes(minute)}"
    if hour in (0, 24):
        return "midnight"
    return f"{cardinal(str(hour))} o'clock"


def _speak_lasted(match: re.Match[str]) -> str:
    parts = ((match[unit], unit) for unit in ("hour", "minute", "second"))
    named = [f"{cardinal(str(int(n)))} {unit}{'' if int(n) == 1 else 's'}" for n, unit in parts if int(n)]
    return match["before"] + " ".join(named)


def speak_times(text: str) -> str:
    """Write out clock times; what is no time of day (16:9) is read as a ratio."""
    text = _O_CLOCK.sub(r"\1", text)
    text = _TO_TIME.sub(" to ", _TO_TWELVE_HOURS.sub(r"\1 to ", text))
    text = _LASTED.sub(_speak_lasted, _TO_NOON.sub(" to ", _NOON.sub(r"\1 to ", text)))
    text = _AFTER_HALF.sub(" to ", text)
    text = _TWELVE_HOURS.sub(_speak_twelve, text)
    text = _COLON.sub(_speak_colon, text)
    return _RATIO.sub(r"\1 to \2", text)
