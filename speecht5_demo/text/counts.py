"""Counts with a short scale: 2m users, 1.2b people, 50k, 7B parameters, 3bn. A bare "2m" is a length."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import NUMBER
from speecht5_demo.text.wordlists import words

SCALES = {
    "k": "thousand", "m": "million", "mm": "million", "mn": "million", "mil": "million", "mio": "million",
    "b": "billion", "bn": "billion", "bil": "billion", "t": "trillion", "tn": "trillion", "trn": "trillion",
}  # fmt: skip
"""What a scale behind a number is called, by its form in lower case."""

_COUNTABLE = words(
    "users people views downloads dollars euros pounds subscribers followers copies customers jobs children",
    "households records rows messages requests visitors visits members players viewers readers listeners fans",
    "students workers employees residents citizens voters votes tourists passengers barrels tonnes tons units",
    "homes cars deaths cases doses accounts devices installs hits streams plays clicks likes tweets posts pages",
    "documents images tokens parameters params param parameter samples words lines sales orders shares refugees",
    "migrants inhabitants women men families birds trees animals songs videos photos books files queries calls",
    "transactions impressions sessions signups patients pupils soldiers signatures euro yen rupees pesos miles",
    "humans souls adults teenagers kids boys girls cats dogs cows pigs sheep chickens bees pets vehicles bikes",
    "flights tickets seats acres hectares bottles gallons litres liters apps websites servers computers phones chips",
    "cells neurons stars galaxies products items packages parcels letters emails comments reviews ratings searches",
    "reads writes events points meals listings properties houses flats apartments applicants applications claims",
    "infections tests vaccines vaccinations jabs homeless unemployed user person household dollar euro member",
    "monthly daily active new more others registered paying years model models",
)
_COUNTED = re.compile(
    rf"(?<![\w.,$€£¥-])({NUMBER})\s?(k|K|m|M|mn|mil|mio|b|B|bn|bil|t|T|tn|trn)(?=[ -](?:{'|'.join(_COUNTABLE)})\b)"
)
_NATIONS = (
    r"(?:[A-Z][a-z]+ )?(?:[A-Z][a-z]+(?:ans|ons|ese|is|rds)|Swedes|Poles|Danes|Turks|Czechs|Greeks|Finns|Scots|Kurds|"
    r"Arabs|Jews|Muslims|Hindus|Catholics|Buddhists|Christians|French|Dutch|Swiss|British)"
)
_OF_A_NATION = re.compile(rf"(?<![\w.,$€£¥-])({NUMBER})(m|b|bn)(?=[ ]{_NATIONS}\b)")
_MONEY_OR_PEOPLE = (
    r"population|audience|revenues?|turnover|profits?|budget|loss(?:es)?|sales|funding|readership|subscribers|views|debt|"
    r"investment|income|earnings|valued|worth|donated|raised|invested"
)
_OF_MANY = re.compile(
    rf"(?P<before>\b(?:{_MONEY_OR_PEOPLE})\b(?: [a-z]+){{0,4}} )({NUMBER})(m|b)(?![\w/²³])"
    r"(?! (?:long|wide|high|deep|tall|away|up|down|off|apart|below|above)\b)"
)
_SPENT = re.compile(
    r"(?P<before>\b(?:cost|costs|costing|paid|pays|paying|lost|loses|losing|earned|earns|spent|spends|spending|raised|raises|"
    r"owes?|owed|borrowed|donated|donates|worth|(?:sold|sells|bought|went|acquired|signed|rented)\sfor)\s"
    r"(?:(?:about|around|nearly|over|almost|some|roughly|up to|more than|"
    rf"at least|another|only)\s)?)({NUMBER})(m|b)(?![\w/²³])"
    r"(?=\s*(?:[.,;!?]|$)|\s(?:last|this|next|in|to|on|per|a|every|by)\b)"
)
_AMOUNT_OF = re.compile(
    rf"(?<![\w.,$€£¥-])({NUMBER})(m|b)"
    r"(?=[ -](?:loan|deal|fund|budget|grant|investment|contract|fine|bid|bailout|lawsuit)\b)"
)
_BARE = re.compile(rf"(?<![\w.,$€£¥-])({NUMBER})(k|M|bn|mn|trn)(?![\w/]|\s(?:runs?|races?|walks?|jog)\b)")
_DECIMAL_BILLION = re.compile(r"(?<![\w.,$€£¥-])([0-9]+\.[0-9]+)(b|B|t|T)(?![\w/.])")


def speak_counts(text: str) -> str:
    """Write out the scale behind a number; the number stays digits."""
    for pattern in (_COUNTED, _OF_A_NATION, _AMOUNT_OF, _BARE, _DECIMAL_BILLION):
        text = pattern.sub(lambda match: f"{match[1]} {SCALES[match[2].lower()]}", text)
    text = _SPENT.sub(lambda match: f"{match['before']}{match[2]} {SCALES[match[3]]}", text)
    return _OF_MANY.sub(lambda match: f"{match[1]}{match[2]} {SCALES[match[3]]}", text)
