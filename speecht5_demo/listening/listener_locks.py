"""One request of a listener at a time, also where several servers work on one folder.

Threads of a process exclude each other by locks, servers by locks on small files beside the ratings. What a listener
answered is then on disk, and read again, before the next answer is looked at: the first one counts. Where a folder
cannot be locked, as on some network disks, servers cannot know of each other in time; the reader of the ratings then
finds two answers to one trial, names them, and takes the first by time.
"""

import errno
import fcntl
import logging
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

PARTS = 64
LOCKS = ".turns"
_SAID_BY_THE_WRITE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EFBIG,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
)
"""A disk that may come back: the write that follows fails too, and says so."""


class ListenerLocks:
    """Locks by listener, shared by all servers on one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / LOCKS
        self._threads = [threading.Lock() for _ in range(PARTS)]
        self._lockable = True

    @contextmanager
    def of(self, listener_id: str) -> Iterator[None]:
        """Hold the listener's turn; others wait only where their ids share a part."""
        part = uuid.UUID(listener_id).int % PARTS
        with self._threads[part]:
            held = self._lock(part)
            try:
                yield
            finally:
                if held is not None:
                    os.close(held)  # which also gives the lock back, as the end of the process does

    def _lock(self, part: int) -> int | None:
        if not self._lockable:
            return None
        descriptor = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            descriptor = os.open(self._folder / f"{part:02x}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if descriptor is not None:
                os.close(descriptor)
            if error.errno in _SAID_BY_THE_WRITE:
                return None  # the write that follows says so
            self._lockable = False
            log.warning("%s cannot be locked (%s); run one server on it.", self._folder, error.strerror)
            return None
        return descriptor
