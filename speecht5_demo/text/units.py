"""Units after a number: 5 km, 20°C, 60 mph, 5'11", 9.8 m/s², 90 mg/dL, a 9mm bullet, 2 1/2 kg.

The numbers stay digits; the rules for numbers read them. A unit stands in the plural unless it is counted once or
describes the noun behind it.
"""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import NUMBER, cardinal, is_one
from speecht5_demo.text.fractions import part_name
from speecht5_demo.text.unit_names import SAME_IN_PLURAL, UNITS
from speecht5_demo.text.wordlists import words

_ONLY_ATTACHED = frozenset(
    {"N", "J", "W", "A", "t", "pt", "K", "mo"}
)  # "5 N" is more often a label than newtons
_NAMES = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
_POWERS = {"²": " squared", "³": " cubed", "^2": " squared", "^3": " cubed", "2": " squared", "3": " cubed"}
_DENOMINATORS = {**UNITS, "d": "day", "day": "day", "week": "week", "month": "month", "year": "year", "in": "inch",
                 "K": "kelvin", "person": "person", "capita": "capita", "hour": "hour", "minute": "minute",
                 "second": "second", "100 g": "one hundred grams", "100g": "one hundred grams",
                 "100 ml": "one hundred milliliters", "100ml": "one hundred milliliters", "s": "second",
                 "100 km": "one hundred kilometers", "100km": "one hundred kilometers",
                 "bit": "bit", "byte": "byte", "mile": "mile", "gallon": "gallon"}  # fmt: skip
_BELOW = "|".join(re.escape(name) for name in sorted(_DENOMINATORS, key=len, reverse=True))
_POWER = r"(?:²|³|\^[23]|[23](?![0-9]))?"
_FACTORS = rf"(?:{_BELOW}){_POWER}(?:\*(?:{_BELOW}){_POWER}){{0,3}}"
_ARTICLES = (
    "[Aa]n?|[Tt]he|[Tt]his|[Tt]hat|[Ee]ach|[Ee]very|[Aa]nother|[Mm]y|[Yy]our|[Hh]is|[Hh]er|[Oo]ur|"
    "[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Ss]everal|[Ss]ome|[Tt]hese|[Tt]hose|[Bb]oth"
)
_ARTICLE = rf"(?P<article>\b(?:{_ARTICLES})\s+)?"
_UNIT = re.compile(
    rf"{_ARTICLE}(?<![A-Za-z_])(?P<number>{NUMBER})(?P<gap>[ -]?)(?P<unit>{_NAMES})"
    rf"(?P<times>(?:\*(?:{_BELOW}){_POWER}(?![\w°²³'])){{1,3}})?"
    rf"(?P<below>(?:\s?/\s?(?:{_FACTORS}|\({_FACTORS}\))(?![\w°²³'])){{1,2}})?"
    rf"(?![\w°²³'])(?P<dot>\.(?=\s+[a-z]))?(?P<noun>\s+(?:[a-z]+|[A-Z]{{2,}})\b|-[a-z]+\b)?"
)
_FACTOR_OF_UNIT = re.compile(
    rf"(?P<mark>[/*]?)[\s(]{{0,2}}(?P<unit>{_BELOW})(?P<power>{_POWER})(?=[\s/*)]|$)"
)
_SURE_BELOW_ONE_LETTER = words(
    "s s² s^2 m² m³ m^2 m^3 cm³ L kg mol min m*K (m*K) (m²*K) (kg*K) (mol*K) cm² mL"
)
_DESCRIBING = words("V mV kV W kW mW GB TB MB KB kB mm cm m km px mAh dB s sec min ft")
"""Units that, written to their number, describe the noun behind: a 12V battery, but 500g flour."""

_NO_NOUN = words(
    "yesterday today daily twice once again uphill downhill home early late straight alone together tomorrow",
    "of is are was were in to from and or at on for with per away long wide tall high deep ahead later ago left",
    "than by more less after before below above each so but that which as apart north south east west into",
    "across through over under between if when while has have had will would can could may might must do does did",
    "last next past during since until among around about against both every each some any all most because unless",
    "whether yet always never just even still already now ever how why who where what whose please plus minus times",
    "it its they he she we you i not no off out up down back further only too also then there here thick old",
)
_DESCRIBED = words(
    "bag bags box boxes bottle bottles can cans jar jars pack packs packet packets sack sacks run runs race",
    "races weight weights walk walks hike hikes trip trips drive drives sprint dash radius limit zone zones",
    "engine engines lens lenses screen screens battery batteries bulb bulbs cable cables pipe pipes board",
    "boards bullet bullets dumbbell dumbbells kettlebell kettlebells tank tanks tub tubs tin tins carton",
    "cartons container containers break breaks intervals interval session sessions call calls meeting",
    "meetings tablet tablets pill pills dose doses capsules angle angles turn turns slope slopes",
)
"""Nouns that a unit in front of describes, also without an article and in the plural: two 5 kg bags."""

_PERCENT = re.compile(rf"({NUMBER})\s?%")
_FEET = re.compile(r"(?<![\w.,'])([0-9]{1,3})'\s?([0-9]{1,2})(?:\"|'')")
_IN_PARTS = re.compile(
    r"(?<![\w.,'])(?P<first>[0-9]{1,4})\s?(?P<large>ft|lbs?|st|yds?|mi)\.?,?\s?(?P<second>[0-9]{1,2})\s?(?P<small>ins?|oz|lbs?|ft)"
    r"(?![\w/²³^])(?:\.(?=\s+[a-z]))?"
    r"(?=(?P<noun>\s[a-z]+)?)"
)
"""Two of the old units in a row: 6ft 2in, 7lb 4oz, 12 st 6 lb."""
_PARTS = {
    "ft": "foot", "yd": "yard", "lb": "pound", "st": "stone", "mi": "mile", "in": "inch", "oz": "ounce",
}  # fmt: skip
_ARTICLE_BEFORE = re.compile(rf"\b(?:{_ARTICLES})\s+$")
_FALLS_INTO = {("ft", "in"), ("lb", "oz"), ("st", "lb"), ("yd", "ft"), ("yd", "in"), ("mi", "ft")}
_FEET_ALONE = re.compile(r"(?<![\w.,'])([0-9]{1,3})'(?=\s)")
_INCH_WORD = re.compile(rf"({NUMBER})\s?in\.(?=\s+[a-z]|,)")
_INCHES = re.compile(
    r"(?<![\w.,/])([0-9]{1,3}(?:\.[0-9]+)?)\"(?=\s(?P<noun>[a-z]+|[A-Z]{2,}|[A-Z][a-z]+)\b)?"
)
_SIZE = re.compile(r"(?<![\w.,])(?!0x)([0-9]+(?:\.[0-9]+)?)(?:×|\s?x\s?)(?=[0-9])")
_PRODUCT = re.compile(
    r"(?<![\w.,])([0-9]+(?:\.[0-9]+)?)(?:×|\s?x\s?)([0-9]+(?:\.[0-9]+)?)(?=(?:\s?[x×*+-]\s?[0-9.]{1,12}){0,4}\s?=)"
)
_SIDES = re.compile(r"(?<=[0-9])(\s?(?:mm|cm|km|m|ft|in|yd|px))\s?[x×]\s?(?=[0-9])")
_ALONE = re.compile(
    rf"(?<![\w/.'*])(?P<unit>{_NAMES})(?P<below>\s?/\s?(?:{_FACTORS}|\({_FACTORS}\)))(?![\w°²³'/])"
)
_LATITUDE = re.compile(
    rf"({NUMBER})\s?°\s?(?:([0-9]{{1,2}})'\s?(?:([0-9]{{1,2}}(?:\.[0-9]+)?)(?:''|\")\s?)?)?([NSEW])(?![\w'])"
)
_POINTS = re.compile(
    rf"({NUMBER})[ -]?pt(?=[ -](?:font|type|text|size|bold|line|lettering|Arial|Times|Helvetica)\b)"
)
_PINTS = re.compile(
    rf"({NUMBER})\spt(?=\.?\s(?:of|milk|cream|beer|water|stock|juice|ale|blood|broth|oil)\b)\.?"
)
_WAYS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_FACTOR = re.compile(rf"(?<![\w.,])({NUMBER})[x×](?![\w])")
_PER_SHORT = {
    "mo": "month", "yr": "year", "hr": "hour", "kg": "kilogram", "km": "kilometer", "lb": "pound", "h": "hour",
    "s": "second", "min": "minute", "GB": "gigabyte", "MB": "megabyte", "wk": "week", "gal": "gallon", "L": "liter",
    "l": "liter", "g": "gram", "m": "meter", "m²": "square meter",
    "km²": "square kilometer", "m³": "cubic meter", "cm²": "square centimeter", "cm³": "cubic centimeter",
    "ft²": "square foot", "mi²": "square mile", "mi": "mile",
    "ml": "milliliter", "mL": "milliliter", "sec": "second",
    "kWh": "kilowatt hour", "oz": "ounce", "ft": "foot",
}  # fmt: skip
_PER = re.compile(
    r"(?<=[a-z])\s?/\s?(?=(?:months?|years?|days?|hours?|weeks?|nights?|persons?|users?|seconds?|minutes?|items?|units?"
    rf"|{'|'.join(map(re.escape, sorted(_PER_SHORT, key=len, reverse=True)))})(?![\w²³]))"
)
_PER_UNIT = re.compile(
    rf"\bper ({'|'.join(map(re.escape, sorted(_PER_SHORT, key=len, reverse=True)))})(?![\w²³'])"
)
_FRACTION_OF_UNIT = re.compile(
    rf"{_ARTICLE}(?<![\w.,/])(?P<amount>(?:[0-9]{{1,3}}[ -]+)?[0-9]{{1,2}}/[0-9]{{1,3}})(?P<gap>\s{{0,2}}|-)"
    rf"(?P<unit>{_NAMES}|in\b|\"|'')(?![\w°²³'/])(?P<dot>\.(?=\s+[a-z]))?"
)


def plural(name: str) -> str:
    """The plural of a unit's name: "mile per hour" is "miles per hour", "square foot" "square feet"."""
    head, per, rest = name.partition(" of " if " of " in name else " per ")
    if head.split(" ")[-1] == "foot":
        head = f"{head[: -len('foot')]}feet"
    elif head.split(" ")[-1] == "inch":
        head += "es"
    elif head.startswith("degree"):
        head = head.replace("degree", "degrees")
    elif not head.endswith(SAME_IN_PLURAL):
        head += "s"
    return head + per + rest


def _factors(text: str) -> str:
    """Units behind a sign: "/s²" is " per second squared", "/(m*K)" " per meter kelvin", "*m" " meter"."""
    parts = (
        f" {'per ' if match['mark'] == '/' else ''}{_DENOMINATORS[match['unit']]}{_POWERS.get(match['power'], '')}"
        for match in _FACTOR_OF_UNIT.finditer(text)
    )
    return "".join(parts)


def _speak_unit(match: re.Match[str]) -> str:
    number, gap, unit, noun = match["number"], match["gap"], match["unit"], match["noun"] or ""
    article = match["article"] or ""
    name, below = UNITS[unit], match["below"] or ""
    if match["times"]:
        name += _factors(match["times"])
    if unit in _ONLY_ATTACHED and gap and not below and not match["times"]:
        return match[0]
    counted_noun = noun.startswith("-") or (
        bool(noun) and noun.strip() not in _NO_NOUN and not noun.endswith("ly")
    )
    one = article.strip().lower() in ("a", "an")
    attached = not gap and unit in _DESCRIBING and counted_noun and not noun.endswith("s")
    described = noun.strip() in _DESCRIBED
    describes = attached or described or (bool(article) and (one or counted_noun))
    ends = gap == "-" or is_one(number) or describes
    return f"{article}{number} {name if ends else plural(name)}{_factors(below)}{noun}"


def _speak_parts(match: re.Match[str]) -> str:
    """Both units, in the plural unless they describe: a six foot two inch man is six feet two inches tall."""
    large, small = match["large"], match["small"].removesuffix("s")
    large = large if large == "st" else large.removesuffix("s")
    if (large, small) not in _FALLS_INTO:
        return match[0]
    noun = (match["noun"] or "").strip()
    if (
        small == "in"
        and match[0].endswith(" in")
        and noun
        and noun not in ("tall", "long", "wide", "high", "deep")
    ):
        return match[0]  # six feet, two in the corner
    described = (
        bool(_ARTICLE_BEFORE.search(match.string[: match.start()])) and bool(noun) and noun not in _NO_NOUN
    )
    names = ((match["first"], _PARTS[large]), (match["second"], _PARTS[small]))
    return " ".join(
        f"{number} {name if described or number == '1' else plural(name)}" for number, name in names
    )


def _speak_fraction(match: re.Match[str]) -> str:
    """A mixed number counts (2 1/2 kilograms); a fraction alone describes (a 1/2 inch pipe)."""
    written = match["unit"]
    name = {"in": "inch", '"': "inch", "''": "inch"}.get(written) or UNITS[written]
    article, mixed = match["article"] or "", bool(re.search("[ -]", match["amount"]))
    describes = bool(article) or match["gap"] == "-"
    if mixed:
        return f"{article}{match['amount']} {name if describes else plural(name)}"
    if describes:
        top, _, bottom = match["amount"].partition("/")
        part = "half" if match["amount"] == "1/2" else f"{cardinal(top)} {part_name(int(bottom))}"
        return f"{article}{part} {name}"
    return f"{'half' if match['amount'] == '1/2' else match['amount'] + ' of'} {_article(name)} {name}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" or name.startswith("hour") else "a"


def _speak_inches(text: str) -> str:
    """12" is inches, unless the mark closes a quotation that is open."""

    def speak(match: re.Match[str]) -> str:
        opened = quotes[match.start()] % 2
        one = match[1] == "1" or (match["noun"] and match["noun"] not in _NO_NOUN)
        return match[0] if opened else f"{match[1]} inch{'' if one else 'es'}"

    quotes = [0]
    for before, character in zip(" " + text, text, strict=False):
        measures = before.isdigit() and quotes[-1] % 2 == 0
        quotes.append(quotes[-1] + (character == '"' and not measures))
    return _INCHES.sub(speak, text)


def speak_fractions_of_units(text: str) -> str:
    """Write out the unit behind a fraction; the fraction stays for its own rule."""
    return _FRACTION_OF_UNIT.sub(_speak_fraction, text)


def _speak_alone(match: re.Match[str]) -> str:
    """A compound without a number: speed in km/h; of two single letters only those that are sure (m/s)."""
    if len(match["unit"]) == 1 and match["below"].strip("/ ") not in _SURE_BELOW_ONE_LETTER:
        return match[0]
    return plural(UNITS[match["unit"]]) + _factors(match["below"])


def _speak_latitude(match: re.Match[str]) -> str:
    degrees, minutes, seconds, way = match.groups()
    parts = [f"{degrees} degree{'' if is_one(degrees) else 's'}"]
    parts += [f"{int(minutes)} minute{'' if int(minutes) == 1 else 's'}"] if minutes else []
    parts += [f"{seconds} second{'' if is_one(seconds) else 's'}"] if seconds else []
    return f"{' '.join(parts)} {_WAYS[way]}"


def speak_units(text: str) -> str:
    """Write out the unit behind each number."""
    text = _PINTS.sub(
        lambda match: f"{match[1]} pint{'' if is_one(match[1]) else 's'}", _POINTS.sub(r"\1 point", text)
    )
    text = _LATITUDE.sub(_speak_latitude, text)
    text = _IN_PARTS.sub(_speak_parts, text)
    text = _FEET.sub(lambda match: f"{match[1]} {'foot' if match[1] == '1' else 'feet'} {match[2]}", text)
    text = _FEET_ALONE.sub(r"\1 feet", _speak_inches(text))
    text = _INCH_WORD.sub(r"\1 inches", text)
    text = _SIDES.sub(r"\1 by ", text)
    text = _PRODUCT.sub(r"\1 times \2", text)
    text = _SIZE.sub(r"\1 by ", text)
    text = _FACTOR.sub(r"\1 times", text)
    text = _UNIT.sub(_speak_unit, _PERCENT.sub(r"\1 percent", text))
    text = _ALONE.sub(_speak_alone, text)
    return _PER_UNIT.sub(lambda match: f"per {_PER_SHORT[match[1]]}", _PER.sub(" per ", text))
