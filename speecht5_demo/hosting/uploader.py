"""Ratings leave a disk that does not last, and come back when a server starts again.

A Space loses its disk at every restart. A thread exchanges with a store: it fetches what other servers wrote, so that
listeners go on and results are whole, and sends whole lines that the store does not have. Each file has one writer,
each folder one exchange at a time, and what came from the store is never sent back: no server overwrites or doubles
what another kept. A store that is away is tried again, later and later; how it goes is the state, and is logged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from speecht5_demo.errors import OutputError
from speecht5_demo.hosting.record import Record, exchanging
from speecht5_demo.hosting.repository import PublicRepositoryError
from speecht5_demo.hosting.store import DECISIONS_PATTERN, PATTERNS, HostingError, Segment, Store
from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.listening.decisions import read_decisions
from speecht5_demo.listening.erasing import erase

log = logging.getLogger(__name__)

RETRY_S = 15.0
LONGEST_RETRY_S = 300.0
LEAVING_S = 7.0
"""Seconds that the last push may take: who stops a server kills it after ten."""
AT_ONCE_S = 5.0
"""Seconds that a rating waits for a store that keeps each one before it is acknowledged; then the disk has to do."""


@dataclass(frozen=True)
class UploadState:
    """How uploads go.

    Attributes:
        place: what the store is called.
        last_success: UNIX time of the last push that was taken; None before the first.
        problem: what the last attempt failed with; empty when all is well.
        failures: attempts that failed since the start.
    """

    place: str
    last_success: float | None = None
    problem: str = ""
    failures: int = 0


class RatingsUploader:
    """Exchanges the ratings and sessions files of a folder with a store.

    Args:
        folder: of the files.
        store: that outlives the disk.
        secret: that platform ids are hashed with.
        every_s: seconds between exchanges; the store's own when None.
        retry_s: seconds after the first attempt that failed; doubled for each further one.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        secret: bytes,
        every_s: float | None = None,
        retry_s: float = RETRY_S,
    ) -> None:
        self.store = store
        self._folder = folder
        self._secret = secret
        self._every_s = store.every_s if every_s is None else every_s
        self._retry_s = retry_s
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._tried = threading.Event()
        self._passes = threading.Condition()
        self._begun = self._done = 0
        self._in_a_row = 0
        self._refused: PublicRepositoryError | None = None
        self._thread = threading.Thread(target=self._run, name="ratings-uploader", daemon=True)
        self.state = UploadState(store.label)

    def start(self, timeout_s: float = 5.0) -> None:
        """Begin in the background; returns when earlier ratings are back, at the latest after `timeout_s`.

        Started before the pages are built, it lets listeners of an earlier process go on where they were.

        Raises:
            PublicRepositoryError: everybody can read the dataset, and the owner did not allow it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._tried.wait(timeout_s)
        if self._refused is not None:
            self._stopped.set()
            raise self._refused

    def upload_now(self, timeout_s: float = AT_ONCE_S) -> bool:
        """Wait until everything that is on the disk at this moment is in the store too.

        Returns:
            False where it took too long, or the store is known to be away.
        """
        if self.state.problem or self._stopped.is_set():
            return False
        with self._passes:
            wanted = self._begun + 1
            self._wake.set()
            return (
                self._passes.wait_for(lambda: self._done >= wanted or bool(self.state.problem), timeout_s)
                and self._done >= wanted
            )

    def stop(self, timeout_s: float = LEAVING_S) -> bool:
        """Push what is there, wait for the store at most `timeout_s`, and stop.

        Returns:
            Whether everything that was on the disk is in the store.
        """
        self._stopped.set()
        self._wake.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.error(
                "Ratings were not uploaded to %s on leaving: it did not answer in time.", self.store.label
            )
            return False
        return not self.state.problem

    def _run(self) -> None:
        opened = False
        while True:
            leaving = self._stopped.is_set()
            with self._passes:
                self._begun += 1
                number = self._begun
            self._wake.clear()
            try:
                if not opened:
                    self.store.open()
                    opened = True
                files = self._exchange(LEAVING_S)
                self._succeeded(files, number)
                self._refused = None
            except (HostingError, OutputError) as error:
                self._failed(error, leaving)
                self._refused = error if isinstance(error, PublicRepositoryError) else None
            self._tried.set()
            if leaving:
                return
            self._wake.wait(self._pause_s())

    def _pause_s(self) -> float:
        if not self.state.problem:
            return self._every_s
        return min(LONGEST_RETRY_S, self._retry_s * 2.0 ** min(self._in_a_row - 1, 8))

    def _exchange(self, timeout_s: float) -> int:
        """Fetch and send; how many files were sent."""
        with exchanging(self._folder, self.store.label, timeout_s) as record:
            own = [path.name for path in self._files() if path.name not in record.fetched]
            back = self.store.fetch(self._folder, own, record.cursor)
            record.fetched = sorted({*record.fetched, *back.names})
            record.cursor = back.cursor
            segments = self._unsent(record)
            decided = [one for one in segments if fnmatch(one.name, DECISIONS_PATTERN)]
            # What was decided goes first: a deletion that only this disk knows of would be lost with it.
            self._send(decided, record)
            self._erase(back.names, record)
            self._send([one for one in segments if one not in decided], record)
        return len(segments)

    def _send(self, segments: list[Segment], record: Record) -> None:
        if segments:
            self.store.send(segments)
            record.sent |= {one.name: one.end for one in segments}

    def _erase(self, fetched: Collection[str], record: Record) -> None:
        """Take what is left of deleted sessions off this disk and out of the store."""
        deleted = read_decisions(self._folder).deleted
        if new := deleted.difference(record.deleted):
            erase(self._folder, new)
        # A server that did not know yet may have sent rows in the meantime.
        again = erase(self._folder, deleted, fetched) if fetched else 0
        if new or again:
            self.store.erase(deleted)
            record.deleted = sorted(deleted)
            log.info("Nothing is left of %d deleted sessions in %s.", len(deleted), self.store.label)

    def _files(self) -> list[Path]:
        return sorted(path for pattern in PATTERNS for path in self._folder.glob(pattern) if path.is_file())

    def _unsent(self, record: Record) -> list[Segment]:
        """Whole lines of files written here, up to where they are now."""
        found = []
        for path in self._files():
            if path.name in record.fetched:
                continue
            with path.open("rb") as stream:
                end = complete_length(stream)
            start = record.sent.get(path.name, 0)
            if end > start:
                found.append(Segment(path, start, end, self._secret))
        return found

    def _succeeded(self, files: int, number: int) -> None:
        if self.state.problem:
            log.info("Ratings reach %s again.", self.store.label)
        if files:
            # One line a push of a dataset, not one a second of a database.
            level = logging.DEBUG if self.store.live and self.state.last_success else logging.INFO
            log.log(level, "%d files of ratings were uploaded to %s.", files, self.store.label)
        self._in_a_row = 0
        with self._passes:
            self.state = replace(self.state, last_success=time.time(), problem="")
            self._done = number
            self._passes.notify_all()

    def _failed(self, error: Exception, leaving: bool) -> None:
        self._in_a_row += 1
        with self._passes:
            self.state = replace(self.state, problem=str(error), failures=self.state.failures + 1)
            self._passes.notify_all()
        if leaving:
            log.error("Ratings were not uploaded to %s on leaving: %s", self.store.label, error)
        else:
            log.warning("Ratings could not be uploaded to %s, will try again: %s", self.store.label, error)
