"""One line of the log a refusal, and few lines where somebody sends many."""

from __future__ import annotations

import logging
import threading
import time

log = logging.getLogger(__name__)

LINES = 20
SPAN_S = 10.0


class RefusalLog:
    """At most `LINES` lines in `SPAN_S` seconds; what is left out is counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self._written = 0
        self._left_out = 0

    def note(self, status: int, method: str, path: str, reason: str) -> None:
        """What was refused, and why; nothing that the request held but its path."""
        with self._lock:
            now = time.monotonic()
            if now - self._since > SPAN_S:
                if self._left_out:
                    log.warning("refused %d more requests in %.0f s", self._left_out, now - self._since)
                self._since, self._written, self._left_out = now, 0, 0
            if self._written >= LINES:
                self._left_out += 1
                return
            self._written += 1
        log.warning("refused %d %s %.80r: %s", status, method, path, reason)
