"""Which language a checkpoint speaks: what it says itself, else what the `LANGUAGE` setting says, else English."""

from __future__ import annotations

import os
import re
from pathlib import Path

ENGLISH = "en"
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)
_FIRST_LANGUAGE = re.compile(r"^language:[ \t]*(?:\n?[ \t]*-[ \t]*)?[\"'\[]*([A-Za-z_-]+)", re.MULTILINE)


def language_of(folder: Path, said: object = None) -> str:
    """The language's code, such as `de`.

    Args:
        folder: of the checkpoint; the front matter of its README.md may name the language, as model cards do.
        said: what the checkpoint's own settings say; wins.
    """
    for candidate in (said, _of_card(folder / "README.md"), os.environ.get("LANGUAGE")):
        if isinstance(candidate, str) and _CODE.fullmatch(candidate):
            return re.split("[-_]", candidate)[0]
    return ENGLISH


def _of_card(path: Path) -> str | None:
    try:
        matter = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = _FIRST_LANGUAGE.search(matter[1]) if matter else None
    return found[1] if found else None
