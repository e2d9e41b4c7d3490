"""Addresses: Austin, TX 78701-1234; 708 N 1st St; Main St. and St Cross Road; Elm Dr. and Dr. Elm.

A ZIP code is read digit by digit. "St" and "Dr" are a street behind a name and a saint or a doctor in front of one;
where a name stands on both sides, the full stop and the word behind it tell the end of a sentence from a name.
"""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import digits

_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "DC": "D C",
}  # fmt: skip
_ALSO_WORDS = frozenset(
    {"HI", "ID", "IN", "LA", "MA", "ME", "OH", "OK", "OR", "PA", "AL", "CO", "DE", "MS", "PR"}
)
"""Codes that are words or other abbreviations as well: a ZIP code has to follow."""

_ZIP = r"(?P<zip>[0-9]{5})(?:[-–](?P<more>[0-9]{4}))?(?![\w-]|[.,][0-9])"
_STATE_ZIP = re.compile(rf"\b(?P<state>{'|'.join(_STATES)})\.?,?\s+{_ZIP}")
_NAMED_ZIP = re.compile(
    rf"(?P<before>\b(?:ZIP|Zip|zip|[Pp]ostal|[Pp]ost)(?:\s?codes?)?(?:\s+(?:is|was|of|number))?:?\s+){_ZIP}"
)
_SPELLED_STATE_ZIP = re.compile(
    rf"(?P<before>\b(?:{'|'.join(name for code, name in _STATES.items() if code != 'DC')}),?\s+){_ZIP}"
)
_CITY_STATE = re.compile(
    rf"(?<=[a-z],\s)(?P<state>{'|'.join(sorted(_STATES.keys() - _ALSO_WORDS))})(?=\s*(?:[,.;:?!)\n]|$)|\s+[a-z])"
)
_OLDER_STATES = {
    "Ala": "Alabama", "Ariz": "Arizona", "Ark": "Arkansas", "Calif": "California", "Colo": "Colorado",
    "Conn": "Connecticut", "Del": "Delaware", "Fla": "Florida", "Ga": "Georgia", "Ill": "Illinois", "Ind": "Indiana",
    "Kan": "Kansas", "Ky": "Kentucky", "La": "Louisiana", "Md": "Maryland", "Mass": "Massachusetts",
    "Mich": "Michigan", "Minn": "Minnesota", "Miss": "Mississippi", "Mo": "Missouri", "Mont": "Montana",
    "Neb": "Nebraska", "Nev": "Nevada", "Okla": "Oklahoma", "Ore": "Oregon", "Pa": "Pennsylvania",
    "Tenn": "Tennessee", "Tex": "Texas", "Va": "Virginia", "Vt": "Vermont", "Wash": "Washington",
    "Wis": "Wisconsin", "Wyo": "Wyoming",
}  # fmt: skip
_CITY_OLDER_STATE = re.compile(
    rf"(?<=[a-z],\s)({'|'.join(_OLDER_STATES)})\.(?=,|\s+(?:[0-9]{{5}}\b|[a-z])|\s*$)"
)
_CITY_WORD_STATE = re.compile(
    rf"(?P<city>\b(?!Please|Maybe|Really|Alright|Great|Sorry|Thanks)[A-Z][a-z]{{4,}},\s)"
    rf"(?P<state>{'|'.join(sorted(_ALSO_WORDS))})(?=\s*(?:[,.;)\n]|$))"
)
_ROOMS = {
    "Apt": "Apartment", "APT": "Apartment", "apt": "apartment", "Ste": "Suite", "STE": "Suite", "Bldg": "Building",
    "Rm": "Room", "Hwy": "Highway", "HWY": "Highway", "Rte": "Route", "Fl": "Floor",
}  # fmt: skip
_ROOM = re.compile(rf"\b({'|'.join(_ROOMS)})\b\.?\s+(?=#?(?:[0-9]|[A-Z]\b))")
_DIRECTIONS = {
    "N": "North", "S": "South", "E": "East", "W": "West",
    "NE": "Northeast", "NW": "Northwest", "SE": "Southeast", "SW": "Southwest",
}  # fmt: skip
_TYPES = {
    "St": "Street", "Str": "Street", "Dr": "Drive", "Ln": "Lane", "Pl": "Place", "Ct": "Court", "Sq": "Square",
    "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Hwy": "Highway", "Pkwy": "Parkway",
    "Ter": "Terrace", "Terr": "Terrace", "Cir": "Circle", "Cres": "Crescent", "Trl": "Trail", "Expy": "Expressway",
    "Aly": "Alley", "Pk": "Park", "Gdns": "Gardens", "Grv": "Grove", "Hts": "Heights",
}  # fmt: skip
_TYPE = "|".join(sorted(_TYPES, key=len, reverse=True))
_ORDINAL = r"[0-9]+(?:st|nd|rd|th|ST|ND|RD|TH)"
_NAME = rf"(?:[A-Z][a-z']+|{_ORDINAL})"
_PLACE_WORDS = "Street|Avenue|Road|Boulevard|Drive|Lane|Place|Court|Square|Highway|Parkway|Way"
_DIRECTION = "|".join(sorted(_DIRECTIONS, key=len, reverse=True))
_DIRECTION_BEFORE = re.compile(
    rf"(?P<before>\b[0-9]{{1,5}}[A-Za-z]?\s+)(?P<way>{_DIRECTION})\b\.?"
    rf"(?=\s+(?:{_NAME}|[0-9]+)(?:\s+{_NAME}){{0,3}}\s+(?:{_TYPE}|{_PLACE_WORDS})\b)"
)
_DIRECTION_BEFORE_ORDINAL = re.compile(
    rf"\b(?P<way>{_DIRECTION})\b\.?(?=\s+{_ORDINAL}\s+(?:{_TYPE}|{_PLACE_WORDS})\b)"
)
_DIRECTION_AFTER = re.compile(
    rf"(?P<before>\b(?:{_PLACE_WORDS})\s+)(?P<way>{_DIRECTION})\b(?!\.?[A-Za-z'])(?:\.(?=\s+[a-z]|,))?"
)

STARTERS = (
    "The|This|That|These|Those|It|Its|He|She|We|They|You|I|A|An|In|On|At|But|And|So|If|When|While|Then|There|Here|His|Her|"
    "Our|Their|My|Your|As|For|What|Why|Who|How|Now|Is|Are|Do|Does|Not|No|Yes|Please|Some|Many|All|Each|After|Before|"
    "Turn|Take|Go|Walk|Cross|Follow|Stop|Keep|Ask|Come|Meet|Look|Nobody|Everyone|Everybody|Someone|Somebody|Nothing|"
    "Everything|Something|Two|Three|One|Later|Today|Tomorrow|Yesterday|Tonight|Next|Just|Can|Could|Would|Should|Did|Have|"
    "Has|Had|Was|Were|Let|From|With|Without|By|To|Of|Every|Most|Both|Such|Only|Even|Also|However|Once|Since|Because|Until|"
    "Although|Though|Where|Which|Another|Any|Few|Several|Still|Soon|Suddenly|Finally|Meanwhile|Again|Bring|Call|Use|Open|"
    "Give|Get|Put|Write|Send|Tell|Listen|Try|Make|Leave|Visit|Continue|Remember|Perhaps|Maybe|Sometimes|Usually|Often|"
    "Four|Five|Six|Seven|Eight|Nine|Ten|People|Children"
)
"""Words that typically begin a sentence: a capital behind an abbreviation's full stop is none of a name's."""

_NEW_SENTENCE = rf"(?=\s+(?:{STARTERS})\b|\s*[\"')\]]*\s*$|\s*\n)"
_SAINTS = (
    "Louis|John|Paul|Petersburg|Peter|Mary|Joseph|James|George|Patrick|Andrew|Andrews|Nicholas|Francis|Thomas|Lucia|"
    "Kitts|Helena|Moritz|Tropez|Albans|Ives|Martin|Michael|Anne|Anthony|Augustine|Bernard|Catherine|Clair|Cloud|David|"
    "Helens|Stephen|Matthew|Mark|Luke|Benedict|Vincent|Lawrence|Gallen|Bernadette|Pancras|Barts|Croix|Ann|Charles|"
    "Edward|Johns|Simon|Jude|Christopher|Elizabeth|Theresa|Agnes|Barbara|Cecilia|Basil|Maarten|Pierre|Denis"
)
_ON_STREET = re.compile(
    rf"(?P<before>\b(?:on|along|down|off|up|near|past|onto|towards?|opposite|[0-9]{{1,5}}[A-Za-z]?)\s+(?:[NSEW]\.?\s+)?(?:{_NAME}\s+){{1,3}})"
    rf"(?P<type>{_TYPE})\.(?=\s+[A-Z])(?!\s+[NSEW]{{1,2}}\b)(?!\s+(?:{_PLACE_WORDS})\b)"
)
_SAINT = re.compile(rf"\bSt\.?\s+(?=(?:{_SAINTS})\b)")
_STREET = re.compile(
    rf"(?P<before>\b{_NAME}\s+)(?:(?P<street>St)\b(?P<stop>\.?)(?P<ends>{_NEW_SENTENCE})?"
    rf"|(?P<type>{_TYPE})\b(?:(?P<dot>\.){_NEW_SENTENCE}|\.(?!\s*[A-Z])|(?=\s*(?:[,;:?!)\n]|$))"
    r"|(?=\s+(?:[a-z]|[NSEW]{1,2}\b))))"
)
_SAINT_BEFORE_NAME = re.compile(
    r"(?P<before>^|[.?!,;:(\n]\s*|\b[a-z]+\s+|\bThe\s+)St\.?\s+(?=[A-Z][a-z])", re.MULTILINE
)


def _speak_zip(match: re.Match[str]) -> str:
    groups = match.groupdict()
    state = groups.get("state")
    before = f"{_STATES[state]} " if state else (groups.get("before") or "")
    more = f", {digits(match['more'])}" if match["more"] else ""
    return f"{before}{digits(match['zip'])}{more}"


def _speak_street(match: re.Match[str]) -> str:
    name = match["street"] or match["type"]
    ended = bool(match["dot"] or (match["stop"] and match["ends"] is not None))
    stop = "." if ended and match.string[match.end() :].strip() else ""
    return f"{match['before']}{_TYPES[name]}{stop}"


def speak_addresses(text: str) -> str:
    """Write out ZIP codes, states, directions and the types of streets."""
    text = _CITY_OLDER_STATE.sub(lambda match: _OLDER_STATES[match[1]], text)
    text = _STATE_ZIP.sub(_speak_zip, text)
    text = _SPELLED_STATE_ZIP.sub(_speak_zip, _NAMED_ZIP.sub(_speak_zip, text))
    text = _CITY_STATE.sub(lambda match: _STATES[match["state"]], text)
    text = _CITY_WORD_STATE.sub(lambda match: match["city"] + _STATES[match["state"]], text)
    text = _ROOM.sub(lambda match: f"{_ROOMS[match[1]]} ", text)
    text = _DIRECTION_BEFORE.sub(lambda match: match["before"] + _DIRECTIONS[match["way"]], text)
    text = _DIRECTION_BEFORE_ORDINAL.sub(lambda match: _DIRECTIONS[match["way"]], text)
    text = _SAINT.sub("Saint ", text)
    text = _ON_STREET.sub(lambda match: f"{match['before']}{_TYPES[match['type']]}.", text)
    text = _STREET.sub(_speak_street, text)
    text = _DIRECTION_AFTER.sub(lambda match: match["before"] + _DIRECTIONS[match["way"]], text)
    text = _SAINT_BEFORE_NAME.sub(lambda match: f"{match['before']}Saint ", text)
    return re.sub(r"\bSt\.(?=\s)", "Street", text)
