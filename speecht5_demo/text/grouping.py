"""Numbers as the continent writes them: 1.234,56 and 1'234'444 and 12,50 €, and India: 1,00,000; in the English form.

A single group behind a full stop (1.234) is a decimal in English, unless a currency stands beside it.
"""

from __future__ import annotations

import re

_CURRENCY = (
    r"(?:€|£|EUR|CHF|Fr\.|kr\.?|zł|R\$|₺|₽|₫|₲|Rp\.?|Kč|CZK|DKK|SEK|NOK|PLN|BRL|IDR|VND|TRY|CLP|COP|ARS)"
)
_UNIT = r"(?:%|°C?|kg|g|mg|km|cm|mm|m|ml|cl|l|L|ha|kWh|kW|km/h)"
_GROUPED_COMMA = re.compile(r"(?<![\w.,'])([0-9]{1,3}(?:\.[0-9]{3}){1,10}),([0-9]{1,4})(?![\w]|[.,'][0-9])")
_APOSTROPHES = re.compile(r"(?<![\w.,'])([0-9]{1,3}(?:'[0-9]{3}){1,10})(?![\w']|,[0-9])")
_SPACES_COMMA = re.compile(
    r"(?<![\w.,'])(?<![0-9] )([0-9]{1,3}(?: [0-9]{3}){1,10}),([0-9]{1,2})(?![\w]|[.,'][0-9])"
)
_COMMA = r"(?<![\w.,'])([0-9]{1,9}),([0-9]{1,2})"
_COMMA_BEFORE = re.compile(rf"{_COMMA}(?=\s?(?:{_CURRENCY}|{_UNIT}(?![\w²³/]))|-?\s?[Ee]uros?\b)")
_COMMA_AFTER = re.compile(rf"({_CURRENCY}\s?)([0-9]{{1,9}}),([0-9]{{1,2}})(?![\w]|[.,'][0-9])")
_STOPS_BEFORE = re.compile(
    rf"(?<![\w.,'])([0-9]{{1,3}}(?:\.[0-9]{{3}}){{1,10}})(?=\s?{_CURRENCY}|\s[Ee]uros?\b)"
)
_STOPS_AFTER = re.compile(rf"({_CURRENCY}\s?)([0-9]{{1,3}}(?:\.[0-9]{{3}}){{1,10}})(?![\w]|[.,'][0-9])")


_INDIAN = re.compile(r"(?<![\w.,'])([0-9]{1,2}(?:,[0-9]{2}){1,6},[0-9]{3})(?![\w']|,[0-9])")


def to_english_grouping(text: str) -> str:
    """Separators of thousands gone, a decimal comma a full stop, where the form leaves no doubt."""
    text = _GROUPED_COMMA.sub(lambda match: f"{match[1].replace('.', '')}.{match[2]}", text)
    text = _SPACES_COMMA.sub(lambda match: f"{match[1].replace(' ', '')}.{match[2]}", text)
    text = _APOSTROPHES.sub(lambda match: match[1].replace("'", ""), text)
    text = _INDIAN.sub(lambda match: match[1].replace(",", ""), text)
    text = _COMMA_BEFORE.sub(r"\1.\2", text)
    text = _COMMA_AFTER.sub(r"\1\2.\3", text)
    text = _STOPS_BEFORE.sub(lambda match: match[1].replace(".", ""), text)
    return _STOPS_AFTER.sub(lambda match: match[1] + match[2].replace(".", ""), text)
