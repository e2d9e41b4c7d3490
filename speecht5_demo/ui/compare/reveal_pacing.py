"""When a blind sample may appear.

Samples are spoken in a shuffled order. A quick variant would give itself away by appearing sooner after the one before
it than a slow one does. So a blind run has an interval: a sample appears a whole number of intervals after the one
before, one where it can. An interval lasts as long as the slowest of the chosen variants is expected to need for this
text, by what each needed before. Where nothing is known yet, all samples appear together when the last is made.
"""

from __future__ import annotations

import math
import threading
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

    def seconds(self, variants: Sequence[Variant], characters: int) -> float | None:
        """What the slowest of these variants needs for a text; None while nothing is known."""
        with self._lock:
            usual = {name: median(seen) for name, seen in self._seen.items()}
        if not usual:
            return None
        slowest = max(usual.values())
        return max(usual.get(variant.name, slowest) for variant in variants) * characters

    def interval(self, variants: Sequence[Variant], characters: int) -> float | None:
        """Seconds between two samples of a blind run of these variants; None while nothing is known."""
        needed = self.seconds(variants, characters)
        return None if needed is None else max(SHORTEST_INTERVAL_S, HEADROOM * needed)


class RevealPacing:
    """Moments at which samples appear.

    Args:
        interval_s: between two samples; None: all appear with the last.
        start: monotonic time at which the run began to speak.
    """

    def __init__(self, interval_s: float | None, start: float) -> None:
        self._interval_s = interval_s
        self._last = start

    def moment(self, made: float, is_last: bool) -> float:
        """When a sample made at `made` appears; infinity until the last is made, where nothing is known."""
        if self._interval_s is None:
            return made if is_last else math.inf
        intervals = max(1, math.ceil((made - self._last) / self._interval_s))
        self._last += intervals * self._interval_s
        return self._last
