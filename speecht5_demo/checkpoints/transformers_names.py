"""transformers is imported without looking at a million lines one by one.

Whenever it is imported, it reads the source of each of its three thousand modules for the names that they export, and
walks through all lines of it, in Python. To find where the names begin is a tenth of that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_LOOKS_FOR_NAMES = "transformers.utils.import_utils"
_LOOKS = "fetch__all__"
Look = Callable[[str], list[str]]


def look_once() -> None:
    """From now on, an import of transformers looks quickly; nothing happens where it was imported before."""
    if _LOOKS_FOR_NAMES not in sys.modules:
        sys.meta_path.insert(0, _Finder())


def from_the_last(look: Look) -> Look:
    """The same `look`, given a source from its last line on that begins with `__all__`."""

    def look_there(source: str) -> list[str]:
        begins = source.rfind("\n__all__") + 1
        return look(source[begins:]) if begins or source.startswith("__all__") else []

    return look_there


class _Finder(MetaPathFinder):
    """Finds that one module, once."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _LOOKS_FOR_NAMES:
            return None
        sys.meta_path.remove(self)
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = _Loader(found.loader.name, found.loader.path)
        return found


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        names = vars(module)
        if _LOOKS in names:
            names[_LOOKS] = from_the_last(names[_LOOKS])
