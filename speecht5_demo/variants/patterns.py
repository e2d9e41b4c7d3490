"""Choosing modules by name, the one way every step does it: shell-style, over whole dotted names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase


def written_patterns(written: str) -> tuple[str, ...]:
    """The patterns of a text in which commas, semicolons or spaces part them."""
    return tuple(part for part in re.split(r"[\s,;]+", written) if part)


def selected(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a module's dotted name is wanted: matches an include pattern and no exclude pattern."""
    return any(fnmatchcase(name, pattern) for pattern in include) and not any(
        fnmatchcase(name, pattern) for pattern in exclude
    )
