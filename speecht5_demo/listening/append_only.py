"""A CSV file that only ever grows, and never says "saved" too early.

Every process writes a file of its own, named by a fresh uuid: no two processes can interleave their lines,
a restarted server cannot continue behind a torn line, and a copy taken anywhere at any time is a prefix of
the truth. `append` returns after the row is on the disk. Threads that append at the same time share one
fsync, so that a hundred listeners do not queue for the disk one behind the other.
"""

import csv
import errno
import io
import os
import threading
import uuid
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from speecht5_demo.errors import RatingsError
from speecht5_demo.files import sync

MODE = 0o640
"""Answers of people are for who runs the server and its group."""


class AppendOnlyCsv:
    """Appends rows to `<folder>/<stem>-<uuid>.csv`, one file a process; safe for threads and across forks."""

    def __init__(self, folder: Path, stem: str, columns: Sequence[str], durable: bool = True) -> None:
        """Nothing is created before the first row: a server without listeners leaves no empty files.

        Args:
            durable: False skips the fsync, for rows that can be made again (a simulation's).
        """
        self.folder = Path(folder)
        self._stem = stem
        self._header = _line(columns)
        self._width = len(columns)
        self._durable = durable
        self._reset()
        _LIVE.add(self)

    def _reset(self) -> None:
        self._file: _OwnFile | None = None
        self._opening = threading.Lock()

    @property
    def path(self) -> Path | None:
        """The file of this process, once it has one."""
        return self._file.path if self._file else None

    def append(self, cells: Sequence[str]) -> Path:
        """Write one row; when this returns, the row survives a power cut. Returns the file that holds it."""
        if len(cells) != self._width:
            raise RatingsError(f"A row of {self._stem} has {len(cells)} cells, its header {self._width}.")
        line = _line(cells)
        own = self._open()
        try:
            own.append(line)
        except OSError as error:
            # Nothing is written behind what may be torn: the next row starts a new file.
            with self._opening:
                if self._file is own:
                    self._file = None
            own.give_up()
            raise RatingsError(
                f"The answer could not be written to {self.folder} ({error.strerror or error}). "
                "Free some space or check the folder's permissions, then send it again."
            ) from error
        return own.path

    def close(self) -> None:
        """Release the file; a later row starts a new one."""
        with self._opening:
            if self._file:
                self._file.close()
            self._file = None

    def _open(self) -> "_OwnFile":
        with self._opening:
            if self._file is None:
                try:
                    self._file = _OwnFile.create(self.folder, self._stem, self._header, self._durable)
                except OSError as error:
                    raise RatingsError(
                        f"No answers can be kept in {self.folder} ({error.strerror or error}). "
                        "Name a folder that this process may write to."
                    ) from error
            return self._file


def complete_length(stream: BinaryIO) -> int:
    """Bytes up to and with the last line end; a tail of zero bytes, left by a power cut, is no line."""
    end = stream.seek(0, io.SEEK_END)
    while end > 0:
        start = max(0, end - 65536)
        stream.seek(start)
        place = stream.read(end - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        end = start
    return 0


class _OwnFile:
    """One open file and the group commit on it."""

    def __init__(self, path: Path, descriptor: int, durable: bool) -> None:
        self.path = path
        self._durable = durable
        self._descriptor = descriptor
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._header = 0
        self._length = 0
        self._written = 0
        self._synced = 0

    @classmethod
    def create(cls, folder: Path, stem: str, header: bytes, durable: bool) -> "_OwnFile":
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        path = folder / f"{stem}-{uuid.uuid4()}.csv"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, MODE)
        own = cls(path, descriptor, durable)
        try:
            own.append(header)
            sync(folder)
        except OSError:
            own.give_up()
            raise
        own._header = len(header)
        return own

    def append(self, line: bytes) -> None:
        """Returns when the line is on the disk. A line of which only a part was taken is cut off again."""
        with self._writing:
            if self._descriptor < 0:
                raise OSError(errno.EIO, "the file was closed after a failed write")
            try:
                if os.write(self._descriptor, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self._length)
                raise
            self._length += len(line)
            self._written += 1
            mine = self._written
        if not self._durable:
            return
        with self._syncing:
            if self._synced < mine:
                covered = self._written
                os.fsync(self._descriptor)
                self._synced = covered

    def give_up(self) -> None:
        """Close after a failure; a file that holds no row goes. Rows that were acknowledged stay."""
        with self._syncing:
            self.close()
        if self._length <= self._header:
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Release the descriptor, once."""
        with self._writing:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)


def _line(cells: Sequence[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    line = buffer.getvalue()
    if line.count("\n") != 1:
        raise RatingsError("A cell with a line break cannot be written: one row is one line.")
    return line.encode("utf-8", errors="replace")


_LIVE: "weakref.WeakSet[AppendOnlyCsv]" = weakref.WeakSet()


def _start_afresh_in_child() -> None:
    for writer in list(_LIVE):
        writer._reset()


os.register_at_fork(after_in_child=_start_afresh_in_child)
