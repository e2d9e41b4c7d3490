"""What a store has of the files in a folder, kept beside them for every process that works there.

One process at a time exchanges with the store, by a lock on a file: of two that push the same file, the one that read
it earlier could otherwise end up last, and take away what the other had sent.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from speecht5_demo.files import write_json
from speecht5_demo.hosting.store import HostingError

RECORD, LOCK = ".uploaded.json", ".uploading"
LOOK_S = 0.05


@dataclass
class Record:
    """What was sent and what came back.

    Attributes:
        store: whose record this is; another store's says nothing.
        sent: bytes of each file that the store has.
        fetched: files that came from the store; nobody here writes them.
        cursor: up to where the store was read.
        deleted: digests of deleted sessions of which the store keeps nothing.
    """

    store: str
    sent: dict[str, int] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    cursor: int = 0
    deleted: list[str] = field(default_factory=list)


@contextmanager
def exchanging(folder: Path, store: str, timeout_s: float) -> Iterator[Record]:
    """The record, for the only process that exchanges now; kept when the block ends without an error.

    Raises:
        HostingError: another process of this folder was at it all the time.
    """
    descriptor = _lock(folder / LOCK, timeout_s)
    try:
        record = _load(folder / RECORD, store)
        before = asdict(record)
        yield record
        if asdict(record) != before:
            write_json(folder / RECORD, asdict(record))
    finally:
        os.close(descriptor)


def _load(path: Path, store: str) -> Record:
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Record(store)
    return record if record.store == store else Record(store)


def _lock(path: Path, timeout_s: float) -> int:
    deadline = time.monotonic() + timeout_s
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return descriptor  # a folder that cannot be locked has one server
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise HostingError("Another server on this folder is sending ratings.") from error
            time.sleep(LOOK_S)
        else:
            return descriptor
