"""Who may use the voice: one at a time, and whoever waits to hear something before what runs behind the page.

A visitor's first run is wanted now. Repeats for the timing, a study that prepares itself and the like are background
work: they begin when nobody waits, and give way in the middle when somebody comes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class GaveWay(Exception):
    """Background work stopped in the middle, for somebody who waits; it is done again later."""


class Turns:
    """Turns at one voice, first come first served; background turns come after all others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._wanted: deque[object] = deque()
        self._background: deque[object] = deque()

    @contextmanager
    def take(self, background: bool = False) -> Iterator[None]:
        """The turn, for the length of the block."""
        ticket = object()
        line = self._background if background else self._wanted
        with self._changed:
            line.append(ticket)
            try:
                self._changed.wait_for(lambda: not self._taken and self._next() is ticket)
                self._taken = True
            finally:
                line.remove(ticket)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many wait for a turn that is no background work."""
        with self._changed:
            return len(self._wanted)

    def give_way(self) -> None:
        """Called by background work between its steps.

        Raises:
            GaveWay: somebody waits.
        """
        if self._wanted:
            raise GaveWay

    def _next(self) -> object:
        return (self._wanted or self._background)[0]
