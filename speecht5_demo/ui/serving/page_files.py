"""Which files of the library a page will ask for: named in its head, they are fetched side by side.

The library's scripts ask for one another as they run, five deep. What each kind of component takes stands in the build
that it ships; where a build is made otherwise, nothing is named, and the page asks as it always did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from speecht5_demo.ui.serving.assets import FOLDER

ENGLISH = "en"
_ENTRY = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
_FILES = re.compile(r'm\.f=(\["\./[^\]]*"\])')
_IMPORTED = re.compile(r"import\(`\./([\w.-]+)`\)[^`]{0,60}?__vite__mapDeps\(\[([\d,]*)\]\)")
_LANGUAGE = re.compile(r'"\./lang/([\w-]+)\.json":\(\)=>\w+\(\(\)=>import\(`\./([\w.-]+)`\)')


def page_files(kinds: frozenset[str], language: str = ENGLISH) -> tuple[str, ...]:
    """Names of scripts and styles, in the order in which they are asked for.

    Args:
        kinds: of the page's components, as its configuration names them.
        language: of the page; the library's own words come in a file each.
    """
    found = dict.fromkeys(_shell())
    known, words = _components(), _languages()
    for kind in sorted(kinds):
        found.update(dict.fromkeys(known.get(kind, ())))
    if found:
        found.update(dict.fromkeys(words[each] for each in (ENGLISH, language) if each in words))
    return tuple(found)


@lru_cache(maxsize=64)
def preloads(kinds: frozenset[str], language: str) -> bytes:
    """The same as elements of a page's head."""
    return "".join(
        f'<link rel="modulepreload" href="./assets/{name}">'
        if name.endswith(".js")
        else f'<link rel="preload" as="style" crossorigin href="./assets/{name}">'
        for name in page_files(kinds, language)
    ).encode()


@cache
def _text(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _imports(name: str, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a script imports as it runs, each with what comes along; of all of it, or of a part of its text."""
    told = _FILES.search(_text(name))
    files = [each.removeprefix("./") for each in json.loads(told[1])] if told else []
    for found in _IMPORTED.finditer(text):
        along = [int(number) for number in found[2].split(",") if number]
        if all(number < len(files) for number in along):
            yield found[1], (found[1], *(files[number] for number in along))


@cache
def _shell() -> tuple[str, ...]:
    """What every page takes: the entry, the page around it, and the blocks."""
    entry = _ENTRY.search((FOLDER.parent / "index.html").read_text(encoding="utf-8"))
    if entry is None:
        return ()
    page = next((along for _, along in _imports(entry[1], _text(entry[1]))), ())
    blocks = next(
        (along for name, along in _imports(page[0], _text(page[0])) if name.startswith("Blocks-")), ()
    ) if page else ()  # fmt: skip
    return (entry[1], *page, *blocks) if blocks else ()


@cache
def _core() -> str:
    """The script that knows the components."""
    return next((name for name in _shell() if name.startswith("core-") and name.endswith(".js")), "")


@cache
def _components() -> dict[str, tuple[str, ...]]:
    """Kind of component -> what it takes."""
    core = _core()
    found = {}
    for part in re.finditer(r"[{,](\w+):\{([^{}]*component:\(\)=>[^{}]*)\}", _text(core)):
        shown = part[2][part[2].rindex("component:") :]
        if along := next(_imports(core, shown), None):
            found[part[1]] = along[1]
    return found


@cache
def _languages() -> dict[str, str]:
    return dict(_LANGUAGE.findall(_text(_core())))
