"""Who is here: the sessions that hold a stream of answers open. Work for others is not begun, and is ended."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

GRACE_S = 10.0
"""Between asking and opening a stream, and for a stream that breaks and is opened again."""
REMEMBERED = 5_000


class Presence:
    """Open streams by session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._left: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def stream(self, session: str) -> Iterator[None]:
        """The session is here inside the block."""
        with self._lock:
            self._open[session] += 1
            self._left.pop(session, None)
        try:
            yield
        finally:
            with self._lock:
                self._open[session] -= 1
                if self._open[session] <= 0:
                    del self._open[session]
                    self._left[session] = time.monotonic()
                    while len(self._left) > REMEMBERED:
                        self._left.popitem(last=False)

    def is_here(self, session: str, asked: float) -> bool:
        """Whether a session that asked for something at `asked` (monotonic) still wants the answer."""
        with self._lock:
            if session in self._open:
                return True
            return time.monotonic() < max(asked, self._left.get(session, asked)) + GRACE_S
