"""Ratings as a server writes them: counted, and refused once it has begun to end.

A rating that was acknowledged after the last push would be lost with a disk that does not last. So who ends the server
closes the writer first; the page gets a refusal, keeps the answer and sends it again, to the next server.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.decisions import FollowedDecisions
from speecht5_demo.listening.rows import RatingRow
from speecht5_demo.listening.writing import RatingsWriter
from speecht5_demo.messages import Message


class ServedRatingsWriter(RatingsWriter):
    """This process' only writer of ratings."""

    def __init__(self, folder: Path, durable: bool = True) -> None:
        super().__init__(folder, durable)
        self._decisions = FollowedDecisions(folder)
        self._changed = threading.Condition()
        self._writing = 0
        self._ending = False
        self._counts: Counter[str] = Counter()
        self._keep: Callable[[], object] = lambda: None

    def append(self, row: RatingRow) -> Path:
        """Write one rating and fsync it.

        Raises:
            RatingsError: the disk did not take it, its session was deleted, or the server is about to end.
        """
        if self._decisions.now().is_deleted(row.session_id):
            raise RatingsError(
                Message(
                    "This session was deleted, and nothing of it is kept. Reload the page to begin afresh."
                )
            )
        with self._changed:
            if self._ending:
                raise RatingsError(
                    Message("This server is being restarted. The answer is sent again by itself.")
                )
            self._writing += 1
        try:
            path = super().append(row)
            self._counts[row.source] += 1
            self.settle()
            return path
        finally:
            with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    def kept_by(self, keep: Callable[[], object]) -> None:
        """Ask a store to take each rating before it is acknowledged; `keep` gives up by itself."""
        self._keep = keep

    def settle(self) -> None:
        """Wait until the store has what is on this disk, and this disk what other servers wrote; not for long."""
        self._keep()

    def acknowledged(self) -> dict[str, float]:
        """How many ratings were written since the start, by source."""
        return {source: float(count) for source, count in sorted(self._counts.copy().items())}

    def end(self, timeout_s: float = 2.0) -> None:
        """Take no more ratings, and wait for those that are being written."""
        with self._changed:
            self._ending = True
            self._changed.wait_for(lambda: self._writing == 0, timeout_s)
