"""Letters by their names, for a model that reads characters: F B I is "eff bee eye" to it.

A lone consonant has no sound that a model trained on words could know: the first built-in voice slurred
"F B I" into "if by" and said "eff bee eye" well. Readers are shown the letters; only
what the model gets is respelled.
"""

from __future__ import annotations

import re

_NAMES = {
    "a": "ay",
    "b": "bee",
    "c": "see",
    "d": "dee",
    "e": "ee",
    "f": "eff",
    "g": "gee",
    "h": "aitch",
    "i": "eye",
    "j": "jay",
    "k": "kay",
    "l": "ell",
    "m": "em",
    "n": "en",
    "o": "oh",
    "p": "pee",
    "q": "cue",
    "r": "are",
    "s": "ess",
    "t": "tee",
    "u": "you",
    "v": "vee",
    "w": "double you",
    "x": "ex",
    "y": "why",
    "z": "zee",
}
_RUN = re.compile(r"(?<![A-Za-z'-])[A-Za-z](?: [A-Za-z])*(?: [A-Z]s(?![A-Za-z]))?(?![A-Za-z])(?!'(?!s\b))")
_ALSO_WORDS = frozenset({"a", "A", "I", "O"})
_INSIDE_WORD = re.compile(r"(?<![A-Za-z'-])([B-HJ-NP-Zb-hj-np-z])(?=-[A-Za-z])")


def _respell_run(match: re.Match[str]) -> str:
    letters = match[0].split(" ")
    if len(letters) == 1 and letters[0] in _ALSO_WORDS:
        return match[0]
    names = [_NAMES[letter[0].lower()] + ("s" if len(letter) > 1 else "") for letter in letters]
    if letters[0] == "a" and letters[1].isupper():
        names[0] = "a"  # the article, as in "a B movie"
    if letters[0] == "I" and letters[1].islower():
        names[0] = "I"
    return " ".join(names)


def respell_letters(spoken: str) -> str:
    """The spoken form with single letters written as they sound; "a", "I" and "O" alone stay words."""
    return _RUN.sub(_respell_run, _INSIDE_WORD.sub(lambda match: _NAMES[match[1].lower()], spoken))
