"""Where speech begins and ends."""

from __future__ import annotations

import numpy as np

from speecht5_demo.quality.signals import SAMPLING_RATE, Samples

_SHARE_OF_PEAK = 0.02


def audible_span(samples: Samples) -> tuple[float, float]:
    """When the first and the last sound are, in seconds: above 2 % of the peak."""
    loud = np.flatnonzero(np.abs(samples) > _SHARE_OF_PEAK * np.abs(samples).max(initial=1e-6))
    first, last = (int(loud[0]), int(loud[-1])) if loud.size else (0, len(samples))
    return first / SAMPLING_RATE, last / SAMPLING_RATE
