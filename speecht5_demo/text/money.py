"""Money: $5.50, $1, $1.2 million, £3, 20 €, ¥500, 99¢, -$4, US$3bn, 5 USD."""

from __future__ import annotations

import re
from dataclasses import dataclass

from speecht5_demo.text.cardinals import NUMBER, cardinal, is_one, quantity
from speecht5_demo.text.counts import SCALES


@dataclass(frozen=True)
class Currency:
    """How one currency is counted; `cent` and `cents` are empty where there is no small coin."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


_DOLLAR = Currency("dollar", "dollars", "cent", "cents")
_EURO = Currency("euro", "euros", "cent", "cents")
_POUND = Currency("pound", "pounds", "penny", "pence")
_YEN = Currency("yen", "yen")
_RUPEE = Currency("rupee", "rupees", "paisa", "paise")
_SIGNS = {
    "$": _DOLLAR,
    "€": _EURO,
    "£": _POUND,
    "¥": _YEN,
    "₹": _RUPEE,
    "₩": Currency("won", "won"),
    "₽": Currency("ruble", "rubles", "kopek", "kopeks"),
    "₺": Currency("lira", "lira"),
    "₪": Currency("shekel", "shekels"),
    "₫": Currency("dong", "dong"),
    "₴": Currency("hryvnia", "hryvnias"),
    "₦": Currency("naira", "naira"),
    "₱": Currency("peso", "pesos"),
    "₿": Currency("bitcoin", "bitcoins"),
}
SIGN_NAMES = {sign: currency.one for sign, currency in _SIGNS.items()} | {"¢": "cent"}
"""What a currency sign is called where it stands without a number."""

_CODES = {
    "USD": Currency("U.S. dollar", "U.S. dollars", "cent", "cents"),
    "EUR": _EURO,
    "GBP": _POUND,
    "JPY": _YEN,
    "CNY": Currency("yuan", "yuan"),
    "CHF": Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CAD": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "INR": _RUPEE,
    "BRL": Currency("real", "reais", "centavo", "centavos"),
    "MXN": Currency("Mexican peso", "Mexican pesos"),
    "RUB": Currency("ruble", "rubles", "kopek", "kopeks"),
    "PLN": Currency("zloty", "zlotys", "grosz", "groszy"),
    "SEK": Currency("Swedish krona", "Swedish kronor"),
    "NOK": Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": Currency("Danish krone", "Danish kroner"),
    "KRW": Currency("won", "won"),
    "TRY": Currency("Turkish lira", "Turkish lira"),
    "ZAR": Currency("rand", "rand"),
    "NZD": Currency("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "SGD": Currency("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "HKD": Currency("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "THB": Currency("baht", "baht", "satang", "satang"),
    "IDR": Currency("rupiah", "rupiah"),
    "VND": Currency("dong", "dong"),
    "CZK": Currency("koruna", "korunas"),
    "HUF": Currency("forint", "forints"),
    "ILS": Currency("shekel", "shekels"),
    "PHP": Currency("peso", "pesos", "centavo", "centavos"),
    "AED": Currency("dirham", "dirhams"),
    "SAR": Currency("riyal", "riyals"),
    "EGP": Currency("Egyptian pound", "Egyptian pounds"),
    "KES": Currency("shilling", "shillings"),
    "NGN": Currency("naira", "naira"),
    "PKR": _RUPEE,
    "BTC": Currency("bitcoin", "bitcoins"),
    "Rs": _RUPEE,
}
_COUNTRIES = {
    "US": "U.S. ",
    "A": "Australian ",
    "AU": "Australian ",
    "C": "Canadian ",
    "CA": "Canadian ",
    "NZ": "New Zealand ",
    "HK": "Hong Kong ",
}
_WORD_SIGNS = {
    "R$": Currency("real", "reais", "centavo", "centavos"),
    "Rs.": _RUPEE, "Rs": _RUPEE, "zł": Currency("zloty", "zlotys", "grosz", "groszy"),
    "zl": Currency("zloty", "zlotys", "grosz", "groszy"), "Kč": Currency("koruna", "korunas"),
    "Kc": Currency("koruna", "korunas"), "Fr.": Currency("franc", "francs", "centime", "centimes"),
    "kr.": Currency("krone", "kroner"), "kr": Currency("krone", "kroner"), "Ft": Currency("forint", "forints"),
    "Rp.": Currency("rupiah", "rupiah"), "RM": Currency("ringgit", "ringgit", "sen", "sen"),
    "Rp": Currency("rupiah", "rupiah"),
    "NT$": Currency("Taiwan dollar", "Taiwan dollars"), "S$": Currency("Singapore dollar", "Singapore dollars"),
    "MX$": Currency("Mexican peso", "Mexican pesos"), "฿": Currency("baht", "baht", "satang", "satang"),
}  # fmt: skip
"""Currencies whose sign is written in letters, before the amount or, where it is no word, behind it."""

_SIGN = f"[{''.join(_SIGNS)}]"
_WORD_SIGN = "|".join(re.escape(sign) for sign in sorted(_WORD_SIGNS, key=len, reverse=True))
_CODE = "|".join(_CODES)
_SCALE_NAMES = (
    r"thousand|million|billion|trillion|lakhs?|crores?|bn|mn|tn|trn|mil|mio|bil|Mio\.?|MM|mm|[kKmMbBtT]"
)
_SCALE = rf"(?:\s?-?(?P<scale>{_SCALE_NAMES})(?![A-Za-z]))?"
_THINGS = (
    "bill|note|coin|fee|ticket|deal|fine|prize|tip|meal|budget|question|round|investment|loan|house|home|mansion|contract|"
    "lawsuit|project|company|fund|grant|bet|gift|phone"
)
_SINGULAR_BEFORE = rf"(?P<thing>[\s-](?:{_THINGS})s?\b)?"
_RANGE = re.compile(rf"({_SIGN})({NUMBER})\s?[-–—]\s?{_SIGN}?(?={NUMBER})")
_SCALED_RANGE = re.compile(rf"({_SIGN}{NUMBER}\s?(?:{_SCALE_NAMES}))\s?[-–—]\s?(?={_SIGN}{NUMBER})")
_SIGN_FIRST = re.compile(
    rf"(?P<minus>(?<![\w.)])-\s?)?(?:\b(?P<country>US|AU|CA|NZ|HK|A|C))?(?P<sign>{_SIGN})(?P<gap>\s?)(?P<minus2>-)?"
    rf"(?P<number>{NUMBER}|\.[0-9]+){_SCALE}{_SINGULAR_BEFORE}"
)
_SIGN_LAST = re.compile(
    rf"(?P<minus>(?<![\w.)])-\s?)?(?<![\w.,])(?P<number>{NUMBER}){_SCALE}\s?(?:(?P<sign>{_SIGN})(?![0-9])|(?P<code>{_CODE})\b)"
)
_CODE_FIRST = re.compile(rf"\b(?P<code>{_CODE})\s?(?P<number>{NUMBER}){_SCALE}")
_WORD_FIRST = re.compile(
    rf"(?<![\w.])(?P<word>{_WORD_SIGN})(?P<gap>\s?)(?P<number>{NUMBER}|\.[0-9]+){_SCALE}{_SINGULAR_BEFORE}"
)
_WORD_LAST = re.compile(
    rf"(?<![\w.,])(?P<number>{NUMBER}){_SCALE}\s?(?P<word>zł|zl|Kč|Kc|kr\.?|Ft|R\$|฿)(?!\w)"
)
_ARTICLE = re.compile(r"\b(?P<article>[Aa]n?\s)$")
_ONLY = re.compile(r"(?<=[0-9])\s?/[-=](?![\w-])")
"""2,500/-: nothing behind the full amount, as it is written in India and East Africa."""

_PENCE = re.compile(r"(?<![\w.,$€£-])([0-9]{1,2})p(?![\w/])")
_CENTS = re.compile(rf"({NUMBER})\s?¢")


def _amount(number: str, scale: str | None, currency: Currency, singular: bool) -> str:
    name = currency.one if singular else currency.many
    if scale:
        named = SCALES.get(scale.lower().rstrip("."), scale.removesuffix("s"))
        return f"{quantity(number)} {named} {name}"
    whole, _, decimals = number.partition(".")
    if len(decimals) != 2 or not currency.cents:
        return f"{quantity(number)} {currency.one if is_one(number) else name}"
    cents = int(decimals)
    coins = f"{cardinal(str(cents))} {currency.cent if cents == 1 else currency.cents}"
    if cents and not int(whole.replace(",", "") or "0"):
        return coins
    notes = f"{cardinal(whole)} {currency.one if whole == '1' else name}"
    return f"{notes} and {coins}" if cents else notes


def _speak(match: re.Match[str]) -> str:
    groups = match.groupdict()
    sign, code = groups.get("sign"), groups.get("code")
    if groups.get("gap") and match.string[max(0, match.start() - 2) : match.start()].strip()[-1:].isdigit():
        return match[0]  # "20 € 5": the sign belongs to the number before it
    word = groups.get("word")
    currency = _WORD_SIGNS[word] if word else _SIGNS[sign] if sign else _CODES[code or "USD"]
    country = _COUNTRIES.get(groups.get("country") or "", "")
    if country:
        currency = Currency(country + currency.one, country + currency.many, currency.cent, currency.cents)
    thing = groups.get("thing") or ""
    described = _ARTICLE.search(match.string[max(0, match.start() - 3) : match.start()])
    follows = match.string[match.end() : match.end() + 2]
    singular = bool(thing) or bool(described and re.match(r"[\s-][a-z]", follows))
    words = _amount(match["number"], match["scale"], currency, singular)
    minus = "minus " if groups.get("minus") or groups.get("minus2") else ""
    return f" {minus}{words}{thing}"


def _speak_cents(match: re.Match[str]) -> str:
    described = _ARTICLE.search(match.string[max(0, match.start() - 3) : match.start()])
    singular = is_one(match[1]) or (
        described and match.string[match.end() : match.end() + 2].strip().isalpha()
    )
    return f"{match[1]} cent{'' if singular else 's'}"


def speak_money(text: str) -> str:
    """Write out every amount of money."""
    text = _ONLY.sub("", text)
    text = _SCALED_RANGE.sub(r"\1 to ", _RANGE.sub(r"\2 to \1", text))
    text = _SIGN_FIRST.sub(_speak, _WORD_LAST.sub(_speak, _WORD_FIRST.sub(_speak, text)))
    text = _CODE_FIRST.sub(_speak, _SIGN_LAST.sub(_speak, text))
    text = _PENCE.sub(lambda match: f"{match[1]} {'penny' if match[1] == '1' else 'pence'}", text)
    return _CENTS.sub(_speak_cents, text)
