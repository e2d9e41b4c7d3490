"""Small files that cost time to make and nothing to lose, in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from speecht5_demo.errors import OutputError
from speecht5_demo.files import write_bytes


def cache_folder() -> Path:
    """`speecht5-demo` in XDG_CACHE_HOME, else in ~/.cache; it need not be there."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "speecht5-demo"


def kept(name: str) -> bytes | None:
    """What was kept under this relative path, or None."""
    try:
        return (cache_folder() / name).read_bytes()
    except OSError:
        return None


def keep(name: str, content: bytes) -> None:
    """Keep it for the next process; a cache that cannot be written stays as it is."""
    try:
        write_bytes(cache_folder() / name, content, parents=True)
    except OutputError:
        return
