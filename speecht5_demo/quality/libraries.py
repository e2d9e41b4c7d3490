"""The measuring libraries are an optional set: whoever needs one that is absent is told how to get it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from speecht5_demo.errors import QualityError

REQUIREMENTS = "requirements-quality.txt"
ALONE = "requirements-speakers.txt --no-deps"
"""The set whose packages ask for others that do not install, or that are not needed."""


@dataclass(frozen=True)
class Library:
    """One package of the optional set.

    Attributes:
        module: what is imported.
        distribution: what pip calls it; the module's name where it is the same.
        requirements: the file that installs it, with options of pip.
        unused: modules that it imports and that nothing here calls; where they are absent, empty ones stand in.
    """

    module: str
    distribution: str = ""
    requirements: str = REQUIREMENTS
    unused: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What pip calls it."""
        return self.distribution or self.module

    def load(self, purpose: str) -> ModuleType:
        """The module, imported for `purpose`, which opens the sentence of an error.

        Raises:
            QualityError: when it is not installed, or does not load.
        """
        try:
            with _stand_ins(self.unused):
                return importlib.import_module(self.module)
        except ImportError as error:
            raise QualityError(
                f"{purpose} needs {self.title}, which does not load here ({error}). "
                f"Run `make quality`, or `pip install -r {self.requirements}`."
            ) from error

    def version(self) -> str | None:
        """The version that is installed, if any."""
        try:
            return importlib.metadata.version(self.title)
        except importlib.metadata.PackageNotFoundError:
            return None


@contextmanager
def _stand_ins(names: Iterable[str]) -> Iterator[None]:
    """Empty modules in place of those that are not installed, for as long as this is open."""
    absent = [name for name in names if name not in sys.modules and importlib.util.find_spec(name) is None]
    sys.modules.update({name: ModuleType(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


def versions(libraries: Iterable[Library]) -> dict[str, str]:
    """The version of each library that is installed, by what pip calls it."""
    found = {library.title: library.version() for library in libraries}
    return {title: version for title, version in sorted(found.items()) if version is not None}
