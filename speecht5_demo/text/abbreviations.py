"""Abbreviations: Dr., Mr., e.g., etc., No. 5, U.S., Inc.

The full stop of an abbreviation goes, unless it also ends the sentence: that is so at the end of
the text, and before a word that typically begins a sentence."""

from __future__ import annotations

import re

from speecht5_demo.text.addresses import STARTERS

_ENDS = rf"(?=\s*$|\s*\n|\s+(?:{STARTERS})\b|\s*[\"')\]]+\s*$)"
_BEFORE_NAME = {
    "Dr": "Doctor",
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Hon": "Honorable",
    "Gen": "General",
    "Col": "Colonel",
    "Capt": "Captain",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Sen": "Senator",
    "Rep": "Representative",
    "Gov": "Governor",
    "Pres": "President",
    "Mt": "Mount",
    "Ft": "Fort",
}
_PLAIN_TITLES = frozenset({"Dr", "Mr", "Mrs", "Ms", "Prof"})  # these are often written without a full stop
_BEFORE_NUMBER = {
    "no": "number",
    "nos": "numbers",
    "nr": "number",
    "p": "page",
    "pp": "pages",
    "fig": "figure",
    "figs": "figures",
    "vol": "volume",
    "ch": "chapter",
    "chap": "chapter",
    "sec": "section",
    "sect": "section",
    "para": "paragraph",
    "app": "appendix",
    "eq": "equation",
    "ex": "example",
    "ver": "version",
    "art": "article",
    "ext": "extension",
    "tel": "telephone",
    "ca": "circa",
    "c": "circa",
    "approx": "approximately",
}
_ANYWHERE = {
    "e.g": "for example",
    "eg": "for example",
    "i.e": "that is",
    "ie": "that is",
    "etc": "et cetera",
    "vs": "versus",
    "approx": "approximately",
    "incl": "including",
    "excl": "excluding",
    "inc": "Incorporated",
    "ltd": "Limited",
    "corp": "Corporation",
    "co": "Company",
    "bros": "Brothers",
    "dept": "department",
    "est": "established",
    "jr": "Junior",
    "sr": "Senior",
    "ave": "Avenue",
    "blvd": "Boulevard",
    "rd": "Road",
    "hwy": "Highway",
    "apt": "apartment",
    "govt": "government",
    "cf": "compare",
    "ph.d": "P H D",
    "m.sc": "M S C",
    "b.sc": "B S C",
    "et al": "and others",
    "viz": "namely",
    "resp": "respectively",
    "min": "minimum",
    "max": "maximum",
    "avg": "average",
    "tel": "telephone",
    "fig": "figure",
    "hrs": "hours",
    "yrs": "years",
    "lbs": "pounds",
    "a.m": "a m",
    "p.m": "p m",
}
_WITHOUT_STOP = {
    "vs": "versus",
    "etc": "et cetera",
    "approx": "approximately",
    "eg": "for example",
    "Mt": "Mount",
}
_TITLE = re.compile(
    rf"\b({'|'.join(_BEFORE_NAME)})(\.\s*|\s+)(?=[A-Z]|(?:and|or)\s(?:{'|'.join(_BEFORE_NAME)})\b)"
)
_NUMBERED = re.compile(
    rf"\b({'|'.join(sorted(_BEFORE_NUMBER, key=len, reverse=True))})\.\s{{0,3}}(?=#?[0-9])", re.IGNORECASE
)
_NUMBERED_ROMAN = re.compile(
    r"\b(vol|ch|chap|sec|sect|fig|art|app|para|pp?)\.\s(?=(?:[IVXL]{2,}|[ivxl]{2,}|[IVXivx](?=[,.;:)]|$))(?![A-Za-z]))",
    re.IGNORECASE,
)
_STOPPED = re.compile(
    rf"(?<![\w.@])(?i:({'|'.join(map(re.escape, sorted(_ANYWHERE, key=len, reverse=True)))}))\."
    rf"(?!\w)(?P<ends>{_ENDS})?"
)
_CAPITAL_ONLY = frozenset(
    {"inc", "ltd", "corp", "co", "bros", "jr", "sr", "ave", "blvd", "rd", "hwy", "fig", "tel"}
)
_NEEDS_MORE = frozenset({"min", "max", "co", "rd", "est", "sr", "ie", "eg", "inc", "tel", "fig", "resp"})
_BARE = re.compile(rf"\b({'|'.join(_WITHOUT_STOP)})\b(?!\.)")
_INITIALS = re.compile(rf"(?<![\w.])((?:[A-Za-z]\.\s?){{1,4}}[A-Za-z])\.(?P<ends>{_ENDS})?(?![A-Za-z0-9])")
_INITIAL = re.compile(
    rf"(?:(?<=^)|(?<=[A-Za-z][ ])|(?<=[.,?!:;][ ]))(?<!\b[A-Z][ ])([A-Z])\.(?=\s+(?!(?:{STARTERS})\b)[A-Z])"
)
_NOT_APPLICABLE = re.compile(r"(?<![\w/])[Nn]/[Aa](?![\w/])")
_WITH = re.compile(r"(?<![\w/])w/(o(?!\w)|(?=\s?\w))\s?")


def _like(written: str, words: str) -> str:
    """The words with a capital where the abbreviation began with one."""
    return words[0].upper() + words[1:] if written[0].isupper() else words


def _speak_title(match: re.Match[str]) -> str:
    name, gap = match[1], match[2]
    if not gap.startswith(".") and name not in _PLAIN_TITLES:
        return match[0]
    return f"{_BEFORE_NAME[name]} "


def _speak_stopped(match: re.Match[str]) -> str:
    name = match[1].lower()
    if name in _CAPITAL_ONLY and match[1].islower():
        return match[0]
    if name in _NEEDS_MORE and match["ends"] is not None and name not in _CAPITAL_ONLY:
        return match[0]
    end = "." if match["ends"] is not None else ""
    return _like(match[1], _ANYWHERE[name]) + end


def _speak_initials(match: re.Match[str]) -> str:
    letters = [letter for letter in match[1] if letter.isalpha()]
    return " ".join(letters) + ("." if match["ends"] is not None else "")


def expand_before_numbers(text: str) -> str:
    """No. 5, pp. 3-5, Fig. 2; and the abbreviations whose full stops would confuse the rules for numbers."""
    for pattern in (_NUMBERED, _NUMBERED_ROMAN):
        text = pattern.sub(lambda match: f"{_BEFORE_NUMBER[match[1].lower()]} ", text)
    return text


def expand(text: str) -> str:
    """Every other abbreviation."""
    text = _WITH.sub(lambda match: "without " if match[1] else "with ", text)
    text = _TITLE.sub(_speak_title, text)
    text = _STOPPED.sub(_speak_stopped, text)
    text = _BARE.sub(lambda match: _WITHOUT_STOP[match[1]], text)
    text = _NOT_APPLICABLE.sub("N A", text)
    return _INITIAL.sub(r"\1", _INITIALS.sub(_speak_initials, text))
