"""Telephone numbers, digit by digit: (555) 010-0199, +44 20 7946 0958, 0800 123 4567, and "dialled 999"."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import digits

_END = r"(?![\w-]|[.,][0-9])"
_PHONE = re.compile(
    r"(?<![\w.,-])(?:(?P<plus>\+)[0-9]{1,3}[ .-]?)?(?:\([0-9]{2,4}\)[ -]?[0-9]{3,4}[ -][0-9]{3,4}"
    rf"|[0-9]{{3}}-[0-9]{{3}}-[0-9]{{4}}|[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{4}}|[0-9]{{3}}-[0-9]{{4}}){_END}"
)
_LOCAL = re.compile(rf"(?<![\w.,-])555 [0-9]{{4}}{_END}")
_INTERNATIONAL = re.compile(
    rf"(?<![\w.,])\+[0-9]{{1,3}}(?:[ .-]\(?[0-9]{{1,8}}\)?){{2,5}}{_END}|(?<![\w.,])\+[0-9]{{9,15}}(?!\w)"
)
_NATIONAL = re.compile(
    rf"(?<![\w.,+-])(?:\(0[0-9]{{1,4}}\)|0[0-9]{{1,4}})(?:[ -][0-9]{{2,8}}){{1,4}}{_END}"
    rf"|(?<![\w.,-])(?<![0-9] )[0-9]{{3}} [0-9]{{3}} [0-9]{{4}}(?! [0-9]){_END}"
    rf"|(?<![\w.,-])1-[0-9]{{3}}-[0-9]{{3}}-[0-9]{{4}}{_END}"
    rf"|(?<![\w.,-])(?:1[ -])?8(?:00|33|44|55|66|77|88)[ -][0-9]{{3}}[ -][0-9]{{4}}{_END}"
)
_SHORT = "911|999|112|000|111|101|105|110|11[3-9]|191|[2-8]11|988"
_CALLING = (
    r"[Cc]all(?:ed|ing|s)?|[Dd]ial(?:l?ed|l?ing|s)?|[Rr]ing(?:s|ing)?|[Rr]ang|[Pp]hon(?:e|ed|es|ing)|[Tt]ext(?:ed|s|ing)?"
    r"|[Ee]mergency\s(?:number|line)(?:\s(?:is|was))?|[Hh]otline(?:\sis)?"
    r"|(?:[Ee]mergenc(?:y|ies)|[Pp]olice|[Aa]mbulance|[Ff]ire(?:\sbrigade)?)(?:\s(?:number|line|services?))?:"
)
# A number of things may be called, too: "call 112 people".
_GOES_ON = (
    "or|and|for|if|when|from|now|immediately|again|in|on|at|to|but|because|after|before|right|instead|once|twice|three|"
    "four|five|several|many|today|tonight|yesterday|as|without|until|straight|first|about|with|while|so|then|this|that"
)
_BEFORE_THINGS = rf"\s(?!(?:{_GOES_ON})\b)[a-z]"
_EMERGENCY = re.compile(
    rf"(?P<before>\b(?:{_CALLING})\s+)(?P<number>{_SHORT})(?P<also>\s(?:or|and)\s(?:{_SHORT})(?!\w))?"
    rf"(?![\w%°-]|[.,:/][0-9]|{_BEFORE_THINGS})"
)
_THE_NUMBER = re.compile(
    r"(?P<before>\b[Nn]umber(?:\sto\s(?:call|dial|ring))?\sis\s)(?P<number>911|999|112)(?![\w%]|[.,][0-9]|\s[a-z])"
)
_EMERGENCY_CALL = re.compile(
    r"\b(911|999|112)(?=\s(?:call|caller|operator|dispatcher|emergency|service|line)s?\b)"
)
_TEXTED = re.compile(
    r"(?P<before>\b(?:[Tt]ext|[Tt]exting|[Tt]exted|SMS)\s(?:[\w\"']{1,20}\s){1,3}to\s)(?P<number>[0-9]{4,6})(?![\w%°]|[.,:/-][0-9]|\s[a-z]+s\b)"
)
_NUMBER = re.compile("[0-9]+")


def speak_groups(match: re.Match[str]) -> str:
    """The digits of a number, with a pause between its groups."""
    plus = " plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in _NUMBER.findall(match[0]))


def speak_telephones(text: str) -> str:
    """Write out telephone numbers."""
    for pattern in (_INTERNATIONAL, _PHONE, _NATIONAL, _LOCAL):
        text = pattern.sub(speak_groups, text)
    text = _EMERGENCY.sub(lambda match: _NUMBER.sub(lambda number: digits(number[0]), match[0]), text)
    text = _THE_NUMBER.sub(lambda match: match["before"] + digits(match["number"]), text)
    text = _TEXTED.sub(lambda match: match["before"] + digits(match["number"]), text)
    return _EMERGENCY_CALL.sub(lambda match: digits(match[1]), text)
