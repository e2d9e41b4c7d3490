"""Medians and their spread. Timings are skewed, so means and standard deviations would mislead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speecht5_demo.results import Spread


def spread(values: Sequence[float]) -> Spread:
    """Median, 10th and 90th percentile (linear interpolation), and how many there are; at least one."""
    low, middle, high = np.percentile(np.asarray(values, dtype=np.float64), [10, 50, 90])
    return Spread(float(middle), float(low), float(high), len(values))


def paired_ratio(baseline: Sequence[float], other: Sequence[float]) -> Spread:
    """How many times faster than the baseline, round by round: what slows a round slows both halves of its ratio."""
    return spread([first / second for first, second in zip(baseline, other, strict=True)])
