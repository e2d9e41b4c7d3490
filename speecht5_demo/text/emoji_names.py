"""Emoji and emoticons by name: 😀 is "grinning face", :-) is "smiling face", 😂😂😂 is counted."""

from __future__ import annotations

import re
from itertools import groupby

import emoji

from speecht5_demo.text.cardinals import cardinal
from speecht5_demo.text.characters import is_known

_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_EMOTICONS = {
    ":)": "smiling face",
    ":-)": "smiling face",
    "=)": "smiling face",
    ":D": "grinning face",
    ":-D": "grinning face",
    ";)": "winking face",
    ";-)": "winking face",
    ":(": "sad face",
    ":-(": "sad face",
    ":'(": "crying face",
    ":P": "face with tongue",
    ":-P": "face with tongue",
    ":p": "face with tongue",
    ":/": "confused face",
    ":-/": "confused face",
    ":O": "surprised face",
    ":o": "surprised face",
    "<3": "heart",
    "</3": "broken heart",
    "^_^": "happy face",
}
_EMOTICON = re.compile(
    rf"(?<!\S)(?:{'|'.join(map(re.escape, sorted(_EMOTICONS, key=len, reverse=True)))})(?=[\s.,!?]|$)"
)


def _name(picture: str) -> str:
    name = emoji.EMOJI_DATA[picture]["en"].strip(":").replace("_", " ")
    return f"flag of {name}" if ord(picture[0]) in _REGIONAL_INDICATORS else name


def _say(name: str, count: int) -> str:
    return f", {name}, " if count == 1 else f", {name}, {cardinal(str(count))} times, "


def name_emoji(text: str) -> str:
    """Put the name of each emoji where it stood, between pauses."""
    found = [picture for picture in emoji.emoji_list(text) if not is_known(picture["emoji"])]
    pieces: list[tuple[list[str], str]] = []
    runs: list[str] = []
    position = 0
    for picture in found:
        between = text[position : picture["match_start"]]
        if between.strip() or not runs:
            pieces.append((runs, between))
            runs = []
        runs.append(_name(picture["emoji"]))
        position = picture["match_end"]
    pieces.append((runs, text[position:]))
    spoken = []
    for names, between in pieces:
        spoken += [_say(name, len(list(group))) for name, group in groupby(names)]
        spoken.append(between)
    return "".join(spoken)


def name_emoticons(text: str) -> str:
    """Put the name of each typed face where it stood."""
    return _EMOTICON.sub(lambda match: f", {_EMOTICONS[match[0]]}, ", text)
