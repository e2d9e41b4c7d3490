"""What the pages say in each language: a file a language, English text to translation.

| key         | holds                                                     |
|-------------|-----------------------------------------------------------|
| `name`      | of the language, in itself                                |
| `direction` | `ltr` or `rtl`                                            |
| `page`      | what the server says: the pages' fixed texts and messages |
| `script`    | what the pages' scripts say; sent with the page           |
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from speecht5_demo.errors import ResultsError
from speecht5_demo.listening.methods import AB, ACR
from speecht5_demo.messages import Message, translated

ENGLISH = "en"
FOLDER = Path(__file__).parent / "texts"
FURTHER = "LANGUAGES_DIR"
"""Names a folder with files of further languages."""
REGIONS = {"zh": "zh-cn", "zh-hans": "zh-cn", "zh-sg": "zh-cn"}
"""Tags of browsers that a language with a region serves too."""


@dataclass(frozen=True, eq=False)
class Catalog:
    """One language; there is one object of each.

    Attributes:
        language: its tag, as in `<html lang>`.
        name, direction, page, script: as in its file.
    """

    language: str
    name: str
    direction: str = "ltr"
    page: Mapping[str, str] = field(default_factory=dict)
    script: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Catalog:
        """The language of a file that is named by its tag; the words of rating scales are those of the methods.

        Raises:
            ResultsError: it cannot be read, or is no such file.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            words = scale_words(path.stem)
            said = {section: {**words, **told[section]} for section in ("page", "script")}
            return cls(path.stem, **{**told, **said})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResultsError(
                f"{path} is no file of a language ({error}): make it as those in {FOLDER} are."
            ) from error

    def said(self, shown: Any) -> Any:
        """The same with all its messages in this language; lists and dictionaries are gone through."""
        if isinstance(shown, Message):
            return translated(shown, self.page)
        if isinstance(shown, dict):
            return {name: self.said(value) for name, value in shown.items()}
        if isinstance(shown, (list, tuple)):
            return type(shown)(self.said(each) for each in shown)
        return shown


def scale_words(language: str) -> dict[str, str]:
    """What the points of rating scales are called, English to translation; none where the methods lack the language."""
    return {
        method.words["en"][point]: word
        for method in (ACR, AB)
        for point, word in method.words.get(language, {}).items()
    }


IN_ENGLISH = Catalog(ENGLISH, "English")


def catalogs() -> Mapping[str, Catalog]:
    """All languages by their tags in small letters; English first, then by name."""
    return _with_further(os.environ.get(FURTHER, ""))


@cache
def _with_further(further: str) -> Mapping[str, Catalog]:
    folders = [FOLDER, *([Path(further)] if further else [])]
    read = [Catalog.read(path) for folder in folders for path in sorted(folder.glob("*.json"))]
    ordered = [IN_ENGLISH, *sorted(read, key=lambda each: each.name)]
    return {each.language.lower(): each for each in ordered}


def of_tag(tag: str) -> Catalog | None:
    """The language of a tag such as `de`, `de-AT` or `zh-Hans`; None where there is none."""
    known, asked = catalogs(), tag.strip().lower()
    script = "-".join(asked.split("-")[:2])
    wanted = (asked, REGIONS.get(asked, ""), REGIONS.get(script, ""), asked.split("-")[0])
    return next((known[each] for each in wanted if each in known), None)
