"""When a blind sample may appear.

Samples are spoken in a shuffled order and appear as they are ready. A quick variant would give itself away by appearing
sooner after the one before it than a slow one does. So a blind run has an interval: every sample appears one interval
after the one before, and an interval lasts as long as the slowest of the chosen variants is expected to need for this
text. The expectation comes from what each variant needed before. Where it is too short (a variant spoke much longer
than usual, or the machine was busy) the sample waits for the end of the next interval.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from statistics import median

from speecht5_demo.synthesis import Speech
from speecht5_demo.variants import Variant

SHORTEST_INTERVAL_S = 0.4
HEADROOM = 1.35
REMEMBERED = 5


class RuntimeEstimate:
    """Seconds that each variant needs for a character: the median of what was seen last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}

    def learn(self, speech: Speech) -> None:
        """Remember how long a speech took."""
        with self._lock:
            seen = self._seen.setdefault(speech.variant, deque(maxlen=REMEMBERED))
            seen.append(speech.latency.runs[0] / max(1, len(speech.spoken_text)))

    def interval(self, variants: Sequence[Variant], characters: int) -> float:
        """Seconds between two samples of a blind run of these variants."""
        with self._lock:
            usual = {name: median(seen) for name, seen in self._seen.items()}
        slowest = max(usual.values(), default=0.0)
        needs = [usual.get(variant.name, slowest) for variant in variants]
        return max(SHORTEST_INTERVAL_S, HEADROOM * max(needs) * characters)


class RevealPacing:
    """Waits until the interval is over; a late sample waits for the end of another."""

    def __init__(self, seconds: float, cancel: threading.Event) -> None:
        self._seconds = seconds
        self._cancel = cancel
        self._last = time.monotonic()

    def wait(self) -> None:
        """Return when the interval is over, or at once when the run is cancelled."""
        self._cancel.wait(max(0.0, self._last + self._seconds - time.monotonic()))
        self._last = time.monotonic()
