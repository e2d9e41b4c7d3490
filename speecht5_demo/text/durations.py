"""Durations in a row of short units: 1h 30m, 2h05, 1d 4h, 5m 20s, 45s. Alone, "30m" is a length."""

from __future__ import annotations

import re

_NAMES = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}
_SHORT = {
    "w": r"(?:w|wks?)", "d": r"(?:d|days?)", "h": r"(?:h|hrs?)", "m": r"(?:min|mins|m|')", "s": r"(?:secs?|s|\")",
}  # fmt: skip
_AMOUNT = r"[0-9]{1,4}(?:\.[0-9]{1,2})?"
_GAP = r"(?:\s?,?\s?(?:and\s)?)"
_PARTS = "".join(
    rf"(?:(?P<{unit}>{_AMOUNT})\s?{short}(?![A-Za-z]){_GAP})?"
    for unit, short in _SHORT.items()
    if unit != "s"
)
_ROW = re.compile(
    rf"(?<![\w.,:/$€£-])(?=[0-9]+\s?(?:w|d|h|m))(?=[^\n]{{0,40}}?[a-z'])?{_PARTS}(?:(?P<s>{_AMOUNT})\s?{_SHORT['s']}(?![A-Za-z0-9]))?(?!\w)"
)
_HOURS_MINUTES = re.compile(
    r"(?<![\w.,:/$€£-])([0-9]{1,3})\s?h\s?([0-5]?[0-9])(?!\w|[.,:][0-9])(?!\s?(?:m|min|mins)\b)"
)
_SECONDS = re.compile(
    r"(?P<before>\b(?:[Tt]ook|[Tt]akes?|[Ii]n|[Ff]or|[Ww]ait(?:ed)?|[Ee]very|[Aa]fter|[Ww]ithin|[Aa]bout)\s+)([0-9]{1,4}(?:\.[0-9]+)?)s\b"
)


_MINUTES = re.compile(
    r"(?P<before>\b(?:[Tt]ime|[Dd]uration|[Pp]rep|[Cc]ook|[Bb]ake|ETA|[Dd]elay|[Tt]imer|[Rr]untime|[Uu]ptime)(?:\s(?:is|of|for|was))?:?\s)"
    r"([0-9]{1,3})m(?![\w/²³])(?!\s(?:long|wide|high|deep|tall)\b)"
)
_DESCRIBED = re.compile(r"\b[Aa]n?\s$")


_SECONDS_OF = re.compile(
    r"(?<![\w.,:/$€£'-])([0-9]{1,4})s(?=\s(?:timers?|timeouts?|delays?|countdowns?|intervals?|limits?|pauses?|waits?|windows?|"
    r"cooldowns?|gaps?|exposures?|sprints?|planks?|holds?|loops?|laps?|rests?|spots?|clips?|bursts?)\b)"
)
"""Seconds before a noun that is so long; a 90s timer is of no decade."""


def _named(amount: str, unit: str, describes: bool = False) -> str:
    number = str(int(amount)) if amount.isdigit() else amount
    return f"{number} {_NAMES[unit]}{'' if describes or number == '1' else 's'}"


def _speak_row(match: re.Match[str]) -> str:
    describes = bool(_DESCRIBED.search(match.string[max(0, match.start() - 3) : match.start()]))
    parts = [_named(amount, unit, describes) for unit, amount in match.groupdict().items() if amount]
    if len(parts) < 2:
        return match[0]
    tail = re.search(r"[\s,]*(?:and\s)?$", match[0])
    return " ".join(parts) + (tail[0] if tail else "")


def speak_durations(text: str) -> str:
    """Write out two or more short units in a row, and seconds behind a word of time."""
    text = _HOURS_MINUTES.sub(lambda match: f"{_named(match[1], 'h')} {_named(match[2], 'm')}", text)
    text = _SECONDS_OF.sub(lambda match: f"{match[1]} second", text)
    text = _ROW.sub(_speak_row, text)
    text = _MINUTES.sub(lambda match: match["before"] + _named(match[2], "m"), text)
    return _SECONDS.sub(lambda match: match["before"] + _named(match[2], "s"), text)
