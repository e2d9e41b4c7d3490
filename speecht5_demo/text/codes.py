"""Numbers that are names, not amounts: PINs, versions, machines' addresses, GPT-4, INT8, x86."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import cardinal, digits, join_groups, speak_scientific
from speecht5_demo.text.telephones import speak_groups, speak_telephones

# What a number in digits belongs to; those of the second kind are also counted, and need a word in between.
_SECRETS = (
    r"OTP|PIN|TAN|CVV|CVC|IBAN|ISBN|SSN|IMEI|VIN|ID|[Pp]in|[Pp]asscode|[Pp]assword"
    r"|[Cc]ode|[Cc]ombination|[Ee]xtension|[Ee]xt\.?"
)
_FILED = (
    r"[Aa]ccount|[Oo]rder|[Rr]eference|[Bb]ooking|[Tt]icket|[Cc]ard|[Cc]ase|[Cc]laim|[Pp]olicy|[Ii]nvoice|[Pp]hone"
    r"|[Pp]assport|[Ss]erial|[Tt]racking|[Cc]onfirmation|[Mm]embership|[Rr]outing"
)
_NAMING = r"\s+(?:[Nn]umber|[Nn]o\.?|code|ID|PIN|ending\s+in|ends\s+in)"
_LINKING = r"(?:'s|\s+(?:is|was|to|as))?\s*:?\s*#?\s?"
_COUNTED = r"of|times|dollars|euros|people|words|lines|points|characters|more|digits|percent"
_SECRET = re.compile(
    rf"(?P<before>\b(?:(?:{_SECRETS})(?:{_NAMING})?|(?:{_FILED})(?:{_NAMING}|\s+#)){_LINKING})"
    rf"(?P<number>[0-9]{{3,12}}(?:[ -][0-9]{{2,6}}){{0,4}}|[0-9]{{2}}(?:[ -][0-9]{{2,6}}){{1,4}})"
    rf"(?![\w%°]|[.,:/-][0-9])(?!\s+(?:{_COUNTED})\b)"
)
_SECRET_BEFORE = re.compile(
    r"(?<![\w.,:$€£-])(?P<number>[0-9]{3,12})(?=\s(?:as|is|was)\s(?:your|my|the|his|her|our|their)\s(?:[A-Za-z-]{1,15}\s){0,3}"
    rf"(?:{_SECRETS}|OTP)\b)"
)
_MIXED_SECRET = re.compile(
    rf"(?P<before>\b(?:(?:{_SECRETS})(?:{_NAMING})?|(?:{_FILED})(?:{_NAMING}|\s+#)){_LINKING})"
    r"(?P<code>(?=[A-Z-]{0,12}[0-9])(?=[0-9-]{0,12}[A-Z])[A-Z0-9]{2,16}(?:-[A-Z0-9]{1,12}){0,4})(?![\w-])"
)
_FLIGHT = re.compile(
    r"(?P<before>\b[Ff]lights?\s(?:number\s|no\.?\s)?)(?P<line>[A-Z]{2}|[A-Z][0-9])[ -]?(?P<number>[0-9]{1,4})(?!\w)"
)
_MODEL = re.compile(
    r"(?P<before>\b(?:Boeing|Porsche|Peugeot|McLaren)\s)(?P<first>[1-9])(?P<last>[0-9]{2})(?![\w.,])"
)
_MACHINE = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])")
_VERSION = re.compile(
    r"(?P<word>\b[Vv]ersion\s+)?(?<![\w.])(?P<mark>[vV]\.?\s?(?=[0-9]))?(?P<numbers>[0-9]+(?:\.[0-9]+)*)(?P<tail>-?(?:rc|beta|alpha|b|a)\.?[0-9]*)?(?![\w]|[.,][0-9])"
)
_SERIAL = re.compile(r"(?<![\w.,-])[0-9]+(?:-[0-9]+){2,}(?![\w]|[.,][0-9])")
_LETTER_DIGIT = re.compile(r"(?<=[A-Za-z])-?(?=[0-9])")
_DIGIT_LETTER = re.compile(r"(?<=[0-9])(?!(?:st|nd|rd|th|ST|ND|RD|TH)\b)(?=[A-Za-z])")
_CODE = re.compile(r"(?<![\w.,])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?!\w)")
_ORDINAL = re.compile(r"[0-9]+(?:st|nd|rd|th)\b", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouyAEIOUY]")


def _speak_secret(match: re.Match[str]) -> str:
    groups = re.findall(r"[0-9]+", match["number"])
    return match["before"].replace("#", "number ") + ", ".join(map(digits, groups))


def _speak_mixed(match: re.Match[str]) -> str:
    """Letters and digits one by one: AB12-CD is "A B one two, C D"."""
    parts = (" ".join(c if c.isalpha() else digits(c) for c in part) for part in match["code"].split("-"))
    return match["before"].replace("#", "number ") + ", ".join(parts)


def _speak_model(match: re.Match[str]) -> str:
    """A Boeing 747 is a "seven forty-seven", a 707 a "seven oh seven"."""
    first, last = cardinal(match["first"]), match["last"]
    rest = "hundred" if last == "00" else f"oh {cardinal(last[1])}" if last[0] == "0" else cardinal(last)
    return f"{match['before']}{first} {rest}"


def _speak_version(match: re.Match[str]) -> str:
    numbers = match["numbers"].split(".")
    if not match["mark"] and len(numbers) < 3 and not (match["word"] and len(numbers) > 1):
        return match[0]
    word = match["word"] or ("version " if match["mark"] else "")
    tail = re.sub("[-.]", " ", match["tail"] or "")
    return word + " point ".join(map(cardinal, numbers)) + tail


def speak_codes(text: str) -> str:
    """Write out telephone numbers, PINs, addresses of machines, versions and serial numbers."""
    text = speak_telephones(speak_scientific(join_groups(text)))
    text = _SECRET.sub(_speak_secret, _MIXED_SECRET.sub(_speak_mixed, text))
    text = _SECRET_BEFORE.sub(lambda match: digits(match["number"]), text)
    text = _FLIGHT.sub(
        lambda match: f"{match['before']}{' '.join(match['line'])} {digits(match['number'])}", text
    )
    text = _MODEL.sub(_speak_model, text)
    text = _MACHINE.sub(lambda match: " dot ".join(cardinal(part) for part in match[0].split(".")), text)
    text = _VERSION.sub(_speak_version, text)
    return _SERIAL.sub(speak_groups, text)


def _split(match: re.Match[str]) -> str:
    """Letters apart from digits; a short run of letters that no mouth can say as a word is spelled."""
    code = match[0]
    if code.isalpha() or code.isdigit() or not any(map(str.isdigit, code)) or _ORDINAL.match(code):
        return code
    parts = _DIGIT_LETTER.sub(" ", _LETTER_DIGIT.sub(" ", code)).split(" ")
    spelled = [
        " ".join(part.upper())
        if part.isalpha() and part.islower() and len(part) <= 4 and not _VOWEL.search(part)
        else part
        for part in parts
    ]
    return " ".join(spelled)


def split_letters_from_digits(text: str) -> str:
    """INT8 is "INT 8", GPT-4 is "GPT 4", fp32 is "F P 32"."""
    return _CODE.sub(_split, text)
