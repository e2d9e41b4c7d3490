"""The rows of deleted sessions are taken off a disk, though files of ratings only ever grow.

A row is overwritten, where it lies, by line ends: every tool that reads CSV passes over empty lines. So no file is
replaced under a server that appends to it, no place in a file moves for who follows it, and of the row nothing is left.
"""

import csv
import io
import os
from collections.abc import Collection
from pathlib import Path

from speecht5_demo.files import telling_why
from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.listening.decisions import DELETE, STEM, session_digest

PATTERNS = ("ratings*.csv", "sessions*.csv", f"{STEM}-*.csv")


def erase(folder: Path, deleted: Collection[str], names: Collection[str] | None = None) -> int:
    """Take the rows of sessions off all files of a folder; how many there were.

    Args:
        folder: of the files.
        deleted: digests of the sessions.
        names: of the files to look at; all when None.

    Raises:
        OutputError: the disk did not take it.
    """
    found = 0
    for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()):
        if deleted and (names is None or path.name in names):
            found += _erase_in(path, deleted)
    return found


def erased(content: bytes, deleted: Collection[str]) -> bytes:
    """The content of a file without the rows of some sessions: of the same length, line ends in their place."""
    out = bytearray(content)
    for start, end in _rows_of(content, deleted):
        out[start:end] = b"\n" * (end - start)
    return bytes(out)


def without_empty_lines(content: bytes) -> bytes:
    """The content as if it had never held what was erased."""
    return b"".join(line for line in content.splitlines(keepends=True) if line.strip(b"\r\n"))


def _erase_in(path: Path, deleted: Collection[str]) -> int:
    with telling_why(path):
        with path.open("rb") as stream:
            whole = complete_length(stream)
            stream.seek(0)
            places = _rows_of(stream.read(whole), deleted)
        if places:
            descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                for start, end in places:
                    os.pwrite(descriptor, b"\n" * (end - start), start)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    return len(places)


def _rows_of(content: bytes, deleted: Collection[str]) -> list[tuple[int, int]]:
    """Where the rows of some sessions lie. One row is one line: a cell with a line break is never written."""
    lines = io.BytesIO(content)
    header = _cells(lines.readline().removeprefix(b"\xef\xbb\xbf"))
    by_id = header.index("session_id") if "session_id" in header else None
    by_digest = header.index("session") if {"session", "action"} <= set(header) else None
    if by_id is None and by_digest is None:
        return []
    known: dict[str, bool] = {}
    found = []
    start = lines.tell()
    for line in lines:
        end = start + len(line)
        cells = _cells(line)
        if by_id is not None and len(cells) > by_id:
            name = cells[by_id]
            if known.setdefault(name, session_digest(name) in deleted):
                found.append((start, end))
        elif by_digest is not None and len(cells) == len(header):
            # That it was deleted stays; why it had been set aside goes.
            gone = cells[by_digest] in deleted and cells[header.index("action")] != DELETE
            found += [(start, end)] if gone else []
        start = end
    return found


def _cells(line: bytes) -> list[str]:
    return next(csv.reader([line.decode("utf-8", errors="replace")]), [])
