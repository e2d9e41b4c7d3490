"""How quickly one address may ask: what it costs to answer is the same for who is served and for who is refused.

A bucket a key: it holds so many requests and fills again with time. Limits are those of a classroom behind one address.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from speecht5_demo.messages import Message
from speecht5_demo.ui.serving.request_body import RefusedRequest

REMEMBERED = 10_000


@dataclass(frozen=True)
class Rate:
    """How many at once, and how many a second in the long run."""

    at_once: float
    a_second: float


EVENTS = Rate(200, 30)
"""Of the pages: a keystroke is one."""
NEW_SESSIONS = Rate(40, 1)
"""Each makes the library copy what it knows of the pages."""


class Buckets:
    """One rate for many keys; those used longest ago are forgotten, and may then ask as if they were new."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """0 where one more is allowed, which is then counted; else the seconds until it is."""
        now = time.monotonic()
        with self._lock:
            left, when = self._left.get(key, (self._rate.at_once, now))
            left = min(self._rate.at_once, left + (now - when) * self._rate.a_second)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            self._left.move_to_end(key)
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate.a_second


def too_much(wait_s: float) -> RefusedRequest:
    """The refusal of what comes sooner; pages show its sentence."""
    return RefusedRequest(
        429,
        Message(
            "Very much is asked for from this network. Try again in about {wait_s} s.",
            wait_s=math.ceil(wait_s),
        ),
    )


class EventRates:
    """How many events and how many new sessions an address sends."""

    def __init__(self) -> None:
        self._events = Buckets(EVENTS)
        self._new = Buckets(NEW_SESSIONS)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()

    def wait_s(self, address: str, session: str | None) -> float:
        """As `Buckets.wait_s`, for an event of a session."""
        if wait := self._events.wait_s(address):
            return wait
        if session is None:
            return self._new.wait_s(address)
        with self._lock:
            if session in self._known:
                self._known.move_to_end(session)
                return 0.0
        if wait := self._new.wait_s(address):
            return wait
        with self._lock:
            self._known[session] = None
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return 0.0
