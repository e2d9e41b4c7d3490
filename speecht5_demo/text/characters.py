"""From any Unicode to plain characters: accents off, look-alikes to ASCII, and a clear refusal of other
scripts.

Only Latin letters are transliterated: "Zürich" without its dots is still said right, while "Привет"
spelled with Latin letters would be a guess that the reader never asked for."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

from speecht5_demo.errors import TextError
from speecht5_demo.messages import Message, joined
from speecht5_demo.text.symbols import NAMES, unicode_name

_REPLACED = {
    **dict.fromkeys("’‘ʼʻ‛′´ˈ＇‚", "'"),
    **dict.fromkeys("“”„‟″«»‹›＂〝〞", '"'),
    **dict.fromkeys("‐‑⁃−﹣－", "-"),
    **dict.fromkeys("‒–", "–"),
    **dict.fromkeys("—―⸺⸻", "—"),
    **dict.fromkeys("•◦▪▫‣●○■□◆▶►", "•"),
    **dict.fromkeys("·・‧", ","),
    **dict.fromkeys("⟨〈《「『【〔", "("),
    **dict.fromkeys("⟩〉》」』】〕", ")"),
    "…": "...",
    "。": ". ",
    "、": ", ",
    "⁄": "/",
    "∕": "/",
    "∗": "*",
    "№": " No.",
    "µ": "μ",
    "Ω": "Ω",
    "℃": "°C",
    "℉": "°F",
    "½": " 1/2 ",
    "⅓": " 1/3 ",
    "⅔": " 2/3 ",
    "¼": " 1/4 ",
    "¾": " 3/4 ",
    "⅕": " 1/5 ",
    "⅛": " 1/8 ",
    "⅜": " 3/8 ",
    "⅝": " 5/8 ",
    "⅞": " 7/8 ",
    "¡": "",
    "¿": "",
}
_PROTECTED = frozenset("²³™") | frozenset(_REPLACED)
_POWER = re.compile(r"(?<=[0-9A-Za-z)])([⁻⁺]?[⁰¹⁴-⁹]|[⁻⁺]?[⁰¹²³⁴-⁹]{2,}|[⁻⁺][²³])")
_NUMERO = re.compile(r"\b[Nn][º°]\s?(?=[0-9])")
_THIN_SPACE = re.compile(r"(?<=[0-9])[\u00a0\u202f\u2009](?=[0-9]{3}(?![0-9]))")
_PRODUCT = re.compile(r"(?<=[\w)²³])\s?[·⋅∙]\s?(?=[\w(])(?=[0-9(]|[A-Za-zΩμ]{1,3}(?![A-Za-z]))")
_MEASURED = re.compile(
    r"(?:(?:[0-9]\s?|/\s?|\()[A-Za-zΩμ]{1,3}[²³]?|[0-9)]|(?<![A-Za-z·⋅∙])[A-Za-zΩμ]|[·⋅∙][A-Za-zΩμ])$"
)
"""A dot between factors: 10 N·m, 5 W/(m·K), 2·3; not between the names of a list."""

_SCRIPT = re.compile(
    r"(.+?) (?:SMALL|CAPITAL|LETTER|SYLLABLE|SYLLABICS|SIGN|VOWEL|IDEOGRAPH|CHARACTER|DIGIT|LIGATURE"
    r"|RADICAL|MARK|ACCENT|SYMBOL|POINT|INITIAL|NUMBER|CONSONANT|TONE|MODIFIER|NUMERAL)\b"
)
_SCRIPT_NAMES = {
    "CJK UNIFIED": "Chinese",
    "CJK COMPATIBILITY": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
}
_EXAMPLE_LENGTH = 12


def is_known(symbol: str) -> bool:
    """True when a symbol has a reading of its own, so that its name as an emoji is not wanted."""
    base = symbol.rstrip("\ufe0f\ufe0e")
    return base in NAMES or base in _REPLACED


def is_blank(text: str) -> bool:
    """True when there is nothing to see: no characters, or only spaces, line ends and invisible marks."""
    return all(unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf") for character in text)


def refuse_damage(text: str) -> None:
    """Raise TextError at the first character that is no character: a lone surrogate or a replacement mark."""
    for index, character in enumerate(text):
        if "\ud800" <= character <= "\udfff" or character == "\ufffd":
            raise TextError(
                Message(
                    "Character {place} of the text is damaged ({code}): remove it or paste the text again.",
                    place=index + 1,
                    code=f"U+{ord(character):04X}",
                )
            )


def script_of(character: str) -> str:
    """The script of a letter, named for a reader: "Cyrillic", "Chinese"."""
    name = unicodedata.name(character, "UNKNOWN")
    found = _SCRIPT.match(name)
    script = found[1] if found else name.split(" ")[0]
    script = (
        script.removeprefix("HALFWIDTH ").removeprefix("COMBINING ").removesuffix("-HIRAGANA PROLONGED SOUND")
    )
    return _SCRIPT_NAMES.get(script, script.split("-")[0].title())


def _example(text: str, index: int) -> str:
    start = end = index
    while start > 0 and index - start < _EXAMPLE_LENGTH and _foreign(text[start - 1]):
        start -= 1
    while end < len(text) and end - start < _EXAMPLE_LENGTH and _foreign(text[end]):
        end += 1
    return text[start:end]


def _foreign(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] in "LM"


def _refuse_scripts(text: str, foreign: dict[str, int]) -> None:
    named = [f"{script} (“{_example(text, index)}”)" for script, index in foreign.items()]
    listed = named[0]
    if len(named) > 1:
        listed = Message("{several} and {last}", several=joined(", ", named[:-1]), last=named[-1])
    raise TextError(
        Message(
            "The voice speaks English only and cannot say {listed}: write it in Latin letters or remove it.",
            listed=listed,
        )
    )


def _greek_letter(text: str, index: int) -> str | None:
    """The name of a Greek letter that stands alone, as in a formula; None inside a Greek word."""
    name = unicodedata.name(text[index], "")
    if not name.startswith("GREEK") or any(
        _foreign(beside) for beside in (text[index - 1 : index] + text[index + 1 : index + 2])
    ):
        return None
    return name.partition("LETTER ")[2].partition(" WITH")[0].removeprefix("FINAL ").lower() or None


def _plain(text: str, index: int, foreign: dict[str, int]) -> str:
    """What stands for one character outside ASCII; letters of other scripts are noted in `foreign`."""
    character = text[index]
    if character in NAMES or character in "–—•":
        return character
    category = unicodedata.category(character)
    name = unicodedata.name(character, "")
    if category[0] == "L":
        if "LATIN" in name or name.startswith("MODIFIER LETTER"):
            return "".join(letter for letter in anyascii(character) if letter.isalpha() or letter == "'")
        if greek := _greek_letter(text, index):
            return f" {greek} "
    elif category[0] == "M" and name.startswith(("COMBINING", "VARIATION SELECTOR")):
        return ""
    elif category == "Nd":
        return str(unicodedata.digit(character))
    elif category == "Pd":
        return "—"
    elif category in ("Pi", "Pf"):
        return '"'
    elif category[0] == "P":
        return ", "
    elif category == "Zl" or category == "Zp":
        return "\n"
    elif category == "Zs":
        return " "
    elif category in ("Cf", "Cc"):
        return "\n" if character == "\x85" else ""
    elif category[0] == "S":
        return f", {unicode_name(character)}, "
    elif category in ("Co", "Cn"):
        raise TextError(
            Message(
                "The text has a character without a meaning ({code}): remove it.",
                code=f"U+{ord(character):04X}",
            )
        )
    foreign.setdefault(script_of(character), index)
    return ""


def _times(match: re.Match[str]) -> str:
    before, after = (
        match.string[max(0, match.start() - 8) : match.start()],
        match.string[match.end() : match.end() + 2],
    )
    spaced = len(match[0]) > 1
    if spaced and not (
        re.search(r"(?:[0-9)]|(?<![A-Za-z])[a-z])$", before) and re.match(r"[0-9(]|[a-z](?![a-z])", after)
    ):
        return match[0]
    return "*" if _MEASURED.search(before) else match[0]


def to_plain_characters(text: str, letters: frozenset[str] = frozenset()) -> str:
    """ASCII and the symbols of `symbols.NAMES`; line breaks are newlines, other control characters are gone.

    Args:
        letters: of other alphabets, kept as they are.

    Raises:
        TextError: letters of another script (each is named, with an example) or unassigned characters.
    """
    text = re.sub(r"\r\n?|[\v\f]", "\n", text)
    text = _NUMERO.sub("No. ", _THIN_SPACE.sub("", text))
    text = _POWER.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[1]).replace("−", "-"), text)
    text = re.sub("(?<=[lL])·(?=[lL])", "", text)  # of Catalan
    text = _PRODUCT.sub(_times, unicodedata.normalize("NFC", text))
    text = "".join(_REPLACED.get(c, c) if c in _PROTECTED else unicodedata.normalize("NFKC", c) for c in text)
    text = unicodedata.normalize("NFC", text)
    text = "".join(_REPLACED.get(c, c) for c in text)
    foreign: dict[str, int] = {}
    plain = [
        (" " if c < " " and c != "\n" else "" if c == "\x7f" else c)
        if c.isascii() or c in letters
        else _plain(text, index, foreign)
        for index, c in enumerate(text)
    ]
    if foreign:
        _refuse_scripts(text, foreign)
    return "".join(plain)
