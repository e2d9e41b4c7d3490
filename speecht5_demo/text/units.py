"""Units after a number: 5 km, 10kg, 20°C, 60 mph, 5'11", 50 %. The numbers stay digits; the rules for
numbers read them."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import NUMBER, is_one

_UNITS = {
    "km": "kilometer",
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "μm": "micrometer",
    "nm": "nanometer",
    "km²": "square kilometer",
    "m²": "square meter",
    "cm²": "square centimeter",
    "m³": "cubic meter",
    "cm³": "cubic centimeter",
    "km/h": "kilometer per hour",
    "kmh": "kilometer per hour",
    "kph": "kilometer per hour",
    "m/s": "meter per second",
    "mph": "mile per hour",
    "mi": "mile",
    "ft": "foot",
    "yd": "yard",
    "sq ft": "square foot",
    "kg": "kilogram",
    "g": "gram",
    "mg": "milligram",
    "μg": "microgram",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "l": "liter",
    "L": "liter",
    "ml": "milliliter",
    "mL": "milliliter",
    "cl": "centiliter",
    "s": "second",
    "sec": "second",
    "secs": "second",
    "ms": "millisecond",
    "μs": "microsecond",
    "ns": "nanosecond",
    "min": "minute",
    "mins": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "kB": "kilobyte",
    "KB": "kilobyte",
    "MB": "megabyte",
    "GB": "gigabyte",
    "TB": "terabyte",
    "KiB": "kibibyte",
    "MiB": "mebibyte",
    "GiB": "gibibyte",
    "kbps": "kilobit per second",
    "Mbps": "megabit per second",
    "Gbps": "gigabit per second",
    "fps": "frame per second",
    "rpm": "revolution per minute",
    "Hz": "hertz",
    "kHz": "kilohertz",
    "MHz": "megahertz",
    "GHz": "gigahertz",
    "dB": "decibel",
    "V": "volt",
    "mV": "millivolt",
    "W": "watt",
    "kW": "kilowatt",
    "MW": "megawatt",
    "kWh": "kilowatt hour",
    "mA": "milliamp",
    "mAh": "milliamp hour",
    "Ω": "ohm",
    "kΩ": "kilohm",
    "N": "newton",
    "J": "joule",
    "kJ": "kilojoule",
    "kcal": "kilocalorie",
    "Pa": "pascal",
    "kPa": "kilopascal",
    "hPa": "hectopascal",
    "ha": "hectare",
    "px": "pixel",
    "pts": "point",
    "°C": "degree Celsius",
    "° C": "degree Celsius",
    "°F": "degree Fahrenheit",
    "° F": "degree Fahrenheit",
    "°": "degree",
}
_ONLY_ATTACHED = frozenset({"N", "J", "W"})  # "5 N" is more often a label than newtons
_PARAMETERS = re.compile(
    rf"({NUMBER})\s?([kKMBT])"
    r"(?=[ -](?:parameters?|params?|models?|tokens?|users?|views?|words?|rows?|samples?)\b)"
)
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "B": "billion", "T": "trillion"}
_COUNT = re.compile(rf"(?<![\w.,])({NUMBER})(k|M|bn)(?![\w/])")
_NAMES = "|".join(re.escape(name) for name in sorted(_UNITS, key=len, reverse=True))
_UNIT = re.compile(
    rf"(?<![A-Za-z_])(?P<number>{NUMBER})(?P<gap>[ -]?)(?P<unit>{_NAMES})(?![\w°²³'])(?P<dot>\.(?=\s+[a-z]))?"
)
_PERCENT = re.compile(rf"({NUMBER})\s?%")
_FEET = re.compile(r"(?<![\w.,'])([0-9]{1,3})'\s?([0-9]{1,2})(?:\"|'')")
_FEET_ALONE = re.compile(r"(?<![\w.,'])([0-9]{1,3})'(?=\s)")
_INCH_WORD = re.compile(rf"({NUMBER})\s?in\.(?=\s+[a-z]|,)")
_INCHES = re.compile(r"(?<![\w.,])([0-9]{1,3}(?:\.[0-9]+)?)\"")
_SIZE = re.compile(r"(?<![\w.,])(?!0x)([0-9]+(?:\.[0-9]+)?)(?:×|\s?x\s?)(?=[0-9])")
_FACTOR = re.compile(rf"(?<![\w.,])({NUMBER})[x×](?![\w])")
_PER = re.compile(
    r"(?<=[a-z])\s?/\s?(?=(?:months?|mo|years?|yr|days?|hours?|hr|weeks?|nights?|persons?|users?|seconds?|minutes?|items?|units?"
    r"|kg|km|lb|h|s|min|GB|MB)\b)"
)
_PER_SHORT = {
    "mo": "month",
    "yr": "year",
    "hr": "hour",
    "kg": "kilogram",
    "km": "kilometer",
    "lb": "pound",
    "h": "hour",
    "s": "second",
    "min": "minute",
    "GB": "gigabyte",
    "MB": "megabyte",
}
_PER_UNIT = re.compile(rf"\bper ({'|'.join(_PER_SHORT)})\b(?!')")


def _plural(name: str) -> str:
    head, per, rest = name.partition(" per ")
    if head in ("foot", "square foot"):
        head = head.replace("foot", "feet")
    elif head.startswith("degree"):
        head = head.replace("degree", "degrees")
    elif not head.endswith("hertz"):
        head += "s"
    return head + per + rest


def _speak_unit(match: re.Match[str]) -> str:
    number, gap, unit = match["number"], match["gap"], match["unit"]
    if unit in _ONLY_ATTACHED and gap:
        return match[0]
    name = _UNITS[unit]
    return f"{number} {name if is_one(number) or gap == '-' else _plural(name)}"


def _speak_inches(text: str) -> str:
    """12" is inches, unless the mark closes a quotation that is open."""

    def speak(match: re.Match[str]) -> str:
        opened = quotes[match.start()] % 2
        return match[0] if opened else f"{match[1]} inch{'' if match[1] == '1' else 'es'}"

    quotes = [0]
    for character in text:
        quotes.append(quotes[-1] + (character == '"'))
    return _INCHES.sub(speak, text)


def speak_units(text: str) -> str:
    """Write out the unit behind each number."""
    text = _FEET.sub(lambda match: f"{match[1]} {'foot' if match[1] == '1' else 'feet'} {match[2]}", text)
    text = _FEET_ALONE.sub(r"\1 feet", _speak_inches(text))
    text = _INCH_WORD.sub(r"\1 inches", text)
    text = _SIZE.sub(r"\1 by ", text)
    text = _FACTOR.sub(r"\1 times", text)
    text = _PARAMETERS.sub(lambda match: f"{match[1]} {_SCALES[match[2]]}", text)
    text = _UNIT.sub(_speak_unit, _PERCENT.sub(r"\1 percent", text))
    text = _COUNT.sub(
        lambda match: f"{match[1]} {_SCALES[match[2][0].upper() if match[2] != 'k' else 'k']}", text
    )
    return _PER_UNIT.sub(lambda match: f"per {_PER_SHORT[match[1]]}", _PER.sub(" per ", text))
