"""Where ratings are kept beyond this server's disk: one interface, and a file for each kind of place.

| place                        | file                | how a rating lies there                                      |
|------------------------------|---------------------|--------------------------------------------------------------|
| a dataset of the hub         | `hub_store.py`      | the server's files, replaced by longer ones                  |
| a folder, a mounted bucket   | `folder_store.py`   | immutable segments of the files                              |
| Postgres                     | `postgres_store.py` | a row a rating, in a transaction of its own                  |

What a store gets are whole lines that it does not have yet, from files that one process alone writes. Platform ids are
hashed before a store sees them. What the owner decides about sessions goes the same way, and where a session is deleted
the store is asked to keep nothing of it: the one time that what lies there changes.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from speecht5_demo.errors import DemoError
from speecht5_demo.listening.privacy import without_platform_ids

SESSIONS_PATTERN = "sessions-*.csv"
DECISIONS_PATTERN = "decisions-*.csv"
PATTERNS = ("ratings-*.csv", SESSIONS_PATTERN, DECISIONS_PATTERN)
NAME = re.compile(r"(ratings|sessions|decisions)-[\w-]{1,80}\.csv")
"""Of a file that a store may bring back; anything else there is not ours."""


class HostingError(DemoError):
    """A store did not take what was sent, or did not give it back."""


@dataclass(frozen=True)
class Segment:
    """Whole lines of a file that were not sent yet.

    Attributes:
        path: of the file.
        start, end: bytes of the file; before `start` all was sent.
        secret: that platform ids are hashed with.
    """

    path: Path
    start: int
    end: int
    secret: bytes

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name

    def whole(self) -> bytes:
        """The file up to the end of the segment, as it leaves the machine."""
        return self._as_sent(self._read(0))

    def with_header(self, start: int | None = None) -> bytes:
        """The header and the lines from `start`, or from where the segment starts."""
        begin = self.start if start is None else start
        return self._as_sent(self._read(0) if begin == 0 else self._header() + self._read(begin))

    def _read(self, start: int) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read(self.end - start)

    def _header(self) -> bytes:
        with self.path.open("rb") as stream:
            return stream.readline()

    def _as_sent(self, content: bytes) -> bytes:
        hashed = fnmatch.fnmatch(self.name, SESSIONS_PATTERN)
        return without_platform_ids(content, self.secret) if hashed else content


@dataclass(frozen=True)
class Fetched:
    """What came back from a store.

    Attributes:
        names: files that were written, or made longer.
        cursor: up to where the store was read, for the next look.
    """

    names: frozenset[str] = frozenset()
    cursor: int = 0


class Store(Protocol):
    """A place for ratings that outlives the disk. One thread at a time uses it; every method raises HostingError."""

    every_s: float
    """Seconds between two exchanges."""
    live: bool
    """Whether servers on disks of their own learn of each other through it while they run."""

    @property
    def label(self) -> str:
        """What it is called on the owner's page and in the log, without a secret."""

    def open(self) -> None:
        """Reach it, and make there what is needed."""

    def send(self, segments: Sequence[Segment]) -> None:
        """Keep lines; lines that are there already are not kept twice."""

    def fetch(self, folder: Path, own: Collection[str], cursor: int) -> Fetched:
        """Write the files of other servers into `folder`; never those of `own`, which are written here.

        Where the store is not live, what is here already is not asked for again, but decisions are.
        """

    def erase(self, deleted: Collection[str]) -> None:
        """Keep nothing of sessions that were deleted, given by their digests; done twice it is as done once."""

    def put_study(self, name: str, data: bytes) -> bytes:
        """Keep a prepared study unless there is one of that name; returns what is there then."""

    def get_study(self, name: str) -> bytes | None:
        """A kept study; None where there is none."""
