"""Addresses and names of the network: links, e-mail, @handles, #hashtags, file names."""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import cardinal, digits
from speecht5_demo.text.wordlists import words

_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|co|dev|app|me|tv|"
    "uk|de|fr|eu|ch|at|nl|it|es|ca|au|jp|us|be|se|no|fi|dk|pl|ie|nz"
)
_END_OF_PATH = r"[^\s<>\"]*"
_URL = re.compile(r"(?<![\w@.])(?:(?:https?|ftp)://|(?=www\.[A-Za-z0-9]))[^\s<>\"]+", re.IGNORECASE)
_DOMAIN = re.compile(
    rf"(?<![\w@./-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,6}}(?:{_TOP})"
    rf"(?![\w-]|\.[A-Za-z0-9])(?:/{_END_OF_PATH})?"
)
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?!\w)",
    re.ASCII,
)
_HANDLE = re.compile(r"(?<![\w@.])@(\w{1,60})", re.ASCII)
_HASHTAG = re.compile(r"(?<![\w&#])#([A-Za-z]\w{0,100}|[0-9]{1,4}[A-Za-z]{2,}\w{0,100})", re.ASCII)
_CAMEL = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[a-z]{3})"
)
_SAID_EXTENSIONS = {
    "wav": "wave",
    "json": "jason",
    "docx": "doc X",
    "jpeg": "jay peg",
    "safetensors": "safe tensors",
    "onnx": "onnix",
    "flac": "flack",
    **{word: word for word in words("zip toml doc gif bin log tar ogg yaml")},
}
_SPELLED_EXTENSIONS = words(
    "pdf txt py csv tsv yml html htm css js ts exe xlsx pptx jpg png svg mp3 mp4 cpp md sh ipynb pt npy cfg",
    "ini db gz xml",
)
_EXTENSIONS = "|".join(sorted(_SPELLED_EXTENSIONS.union(_SAID_EXTENSIONS), key=len, reverse=True))
_FILE = re.compile(
    rf"(?<![\w.])[\w-]{{1,100}}(?:\.[\w-]{{1,30}}){{0,4}}\.(?:{_EXTENSIONS})(?!\w|\.\w)", re.ASCII
)
_MARKS = {
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    "%": "percent",
    ":": "colon",
    "@": "at",
    "~": "tilde",
    "+": "plus",
    "*": "star",
    ",": "comma",
    ";": "semicolon",
    "!": "exclamation mark",
    "$": "dollar",
}
_PART = re.compile(r"[0-9]+|[A-Za-z]+|[^A-Za-z0-9\s]")
_SPELLED = words(
    "www uk de fr eu ch nl it es ca au jp us io ai tv html php pdf api ftp nz dk pl http https css js xml",
)


def _part(part: str) -> str:
    if part.isascii() and part.isdigit():
        return digits(part) if len(part) > 2 or part.startswith("0") else cardinal(part)
    if part.lower() in _SPELLED:
        return " ".join(part.lower())
    return _MARKS.get(part, part)


def _speak_address(address: str) -> str:
    return " ".join(_part(part) for part in _PART.findall(address))


def _speak_url(match: re.Match[str]) -> str:
    whole = match[0]
    address = re.sub(r"^(?:https?|ftp)://", "", whole, flags=re.IGNORECASE)
    kept = address.rstrip(".,;:!?)]}'*\"")
    if kept.count("(") > kept.count(")") and address[len(kept) :].startswith(")"):
        kept += ")"
    tail = address[len(kept) :]
    return f" {_speak_address(kept.rstrip('/'))} {tail}" if kept.strip("/") else whole


def _speak_file(match: re.Match[str]) -> str:
    stem, _, extension = match[0].rpartition(".")
    parts = (_MARKS.get(part, part) for part in _PART.findall(stem))
    return f"{' '.join(parts)} dot {_SAID_EXTENSIONS.get(extension) or ' '.join(extension.upper())}"


def speak_links(text: str) -> str:
    """Write out addresses; the scheme in front of a link is not said."""
    text = _EMAIL.sub(lambda match: _speak_address(match[0]), text)
    text = _URL.sub(_speak_url, text)
    text = _FILE.sub(_speak_file, text)
    text = _DOMAIN.sub(_speak_url, text)
    text = _HASHTAG.sub(lambda match: f"hashtag {_CAMEL.sub(' ', match[1]).replace('_', ' ')}", text)
    return _HANDLE.sub(lambda match: f" at {match[1].replace('_', ' underscore ')}", text)
