"""Ratings in a folder, such as a mounted bucket, which has no append and lets the last writer win.

So nothing there is ever changed, unless a session is deleted: each push is a file of its own, named by the file it
continues, by the bytes of that file which it holds, and by what it holds. The name tells a whole segment from one that
a killed server left half written, shows what is already there, and makes writing one twice the same as writing it once.
Every segment begins with the header: any tool reads the folder as it is.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.errors import OutputError
from speecht5_demo.files import write_bytes
from speecht5_demo.hosting.store import Fetched, HostingError, Segment
from speecht5_demo.listening.erasing import erased
from speecht5_demo.messages import Message

EVERY_S = 5.0
STUDIES = "studies"
HALF_WRITTEN_S = 600.0
"""A segment that is not whole after this time was left by a killed server."""
_SEGMENT = re.compile(r"((?:ratings|sessions|decisions)-[\w-]{1,80})\.(\d{12})-(\d{12})\.([0-9a-f]{16})\.csv")


@dataclass(frozen=True)
class _Kept:
    """A segment in the folder, told by its name."""

    path: Path
    file: str
    start: int
    end: int
    digest: str

    def content(self) -> bytes | None:
        """What it holds; None where it is not whole, or another server took it away."""
        data = _read(self.path)
        return data if _digest(data) == self.digest else None


class FolderStore:
    """A folder of segments.

    Args:
        folder: mounted; made where it is not there.
    """

    every_s = EVERY_S
    live = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: dict[Path, bool] = {}
        self._seen: frozenset[Path] = frozenset()

    @property
    def label(self) -> str:
        """The folder's own name; where it is mounted is the server's business."""
        return Message("the folder {name}", name=self._folder.name)

    def open(self) -> None:
        """Make the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _told(error) from error

    def send(self, segments: Sequence[Segment]) -> None:
        """Write what is not there, a file each."""
        try:
            kept = self._kept()
            for one in segments:
                start = self._reached(kept.get(one.name, []))
                if start >= one.end:
                    continue
                data = one.with_header(start)
                name = f"{one.path.stem}.{start:012d}-{one.end:012d}.{_digest(data)}.csv"
                _write_once(self._folder / name, data)
        except OSError as error:
            raise _told(error) from error

    def fetch(self, folder: Path, own: Collection[str], cursor: int) -> Fetched:
        """Put the files of other servers together."""
        names = set()
        try:
            kept = self._kept()
            seen = frozenset(one.path for each in kept.values() for one in each)
            for name, pieces in kept.items():
                if name in own or all(one.path in self._seen for one in pieces):
                    continue
                whole = self._together(pieces)
                here = folder / name
                if whole and (not here.exists() or here.stat().st_size < len(whole)):
                    write_bytes(here, whole)
                    names.add(name)
            self._seen = seen
        except (OSError, OutputError) as error:
            raise _told(error) from error
        return Fetched(frozenset(names), cursor)

    def erase(self, deleted: Collection[str]) -> None:
        """Put segments without the sessions in the place of those with them."""
        try:
            for path in sorted(self._folder.glob("*.csv")):
                found = _SEGMENT.fullmatch(path.name)
                data = _read(path) if found else b""
                without = erased(data, deleted)
                if not found or without == data:
                    continue
                if _digest(data) == found[4]:
                    name = f"{found[1]}.{found[2]}-{found[3]}.{_digest(without)}.csv"
                    _write_once(self._folder / name, without)
                elif _written_s_ago(path) < HALF_WRITTEN_S:
                    continue  # it is being written; whoever writes it learns of the deletion, and comes here too
                path.unlink(missing_ok=True)
        except OSError as error:
            raise _told(error) from error

    def put_study(self, name: str, data: bytes) -> bytes:
        """Keep a study under a name with its digest; of several, the first by name is everybody's."""
        try:
            (self._folder / STUDIES).mkdir(parents=True, exist_ok=True)
            if self.get_study(name) is None:
                stem, dot, ending = name.rpartition(".")
                _write_once(self._folder / STUDIES / f"{stem}.{_digest(data)}{dot}{ending}", data)
            return self.get_study(name) or data
        except OSError as error:
            raise _told(error) from error

    def get_study(self, name: str) -> bytes | None:
        """The kept study."""
        stem, dot, ending = name.rpartition(".")
        try:
            for path in sorted((self._folder / STUDIES).glob(f"{stem}.{'?' * 16}{dot}{ending}")):
                data = _read(path)
                if path.name == f"{stem}.{_digest(data)}{dot}{ending}":
                    return data
        except OSError as error:
            raise _told(error) from error
        return None

    def _kept(self) -> dict[str, list[_Kept]]:
        """Whole segments by the file they continue, in order."""
        found: dict[str, list[_Kept]] = {}
        for path in sorted(self._folder.glob("*.csv")):
            if match := _SEGMENT.fullmatch(path.name):
                one = _Kept(path, f"{match[1]}.csv", int(match[2]), int(match[3]), match[4])
                if path not in self._whole or not self._whole[path]:
                    self._whole[path] = one.content() is not None
                if self._whole[path]:
                    found.setdefault(one.file, []).append(one)
        return found

    @staticmethod
    def _reached(pieces: Sequence[_Kept]) -> int:
        end = 0
        for one in pieces:
            if one.start <= end:
                end = max(end, one.end)
        return end

    @staticmethod
    def _together(pieces: Sequence[_Kept]) -> bytes:
        whole, end = b"", 0
        for one in pieces:
            if one.start == end and (data := one.content()) is not None:
                whole += data if end == 0 else data[data.index(b"\n") + 1 :]
                end = one.end
        return whole


def _read(path: Path) -> bytes:
    """A file of the folder; nothing where another server took it away since it was listed."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _written_s_ago(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _write_once(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        if _read(path) == data:
            return
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640
        )  # a killed server left a part of it
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _told(error: Exception) -> HostingError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return HostingError(f"The folder for ratings cannot be used: {reason}.")
