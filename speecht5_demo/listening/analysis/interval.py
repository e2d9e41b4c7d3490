"""Intervals, and the honest alternative to one.

An estimate either has an interval or a sentence saying why it has none. There is no third case: no NaN, no
infinite bound, no interval of zero width that pretends to certainty because the data happened to be constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from speecht5_demo.messages import Message
from speecht5_demo.rendering.wording import counted

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """A two-sided confidence interval, in the unit of the estimate.

    Attributes:
        low: lower bound; never beyond what the estimate can be.
        high: upper bound.
        standard_error: of the estimate.
        df: degrees of freedom of the t distribution; infinite for a normal one.
    """

    low: float
    high: float
    standard_error: float
    df: float

    def within(self, low: float, high: float) -> Interval:
        """The interval cut at the ends of the scale that the estimate lies on."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))


@dataclass(frozen=True)
class NotEnough:
    """Why an interval, a test or a verdict cannot be given; the reason is a message."""

    reason: str


def bounds(found: Interval | NotEnough | None) -> tuple[float, float] | None:
    """Low and high; None where there is no interval."""
    return (found.low, found.high) if isinstance(found, Interval) else None


LEVEL = 0.95
LEAST_RATINGS, LEAST_LISTENERS, LEAST_SENTENCES = 8, 3, 3
"""Below any of these no interval, test or verdict is given: two listeners make a bound of 12.7 standard errors."""


NO_SPREAD = Message("not enough data: the ratings do not vary, so their spread cannot be estimated")
ONE_LISTENER = Message("not enough data: 1 listener; at least 2 are needed")


def too_little(ratings: int, listeners: int, sentences: int) -> NotEnough | None:
    """Why so few ratings carry no interval; None where they are enough."""
    if ratings >= LEAST_RATINGS and listeners >= LEAST_LISTENERS and sentences >= LEAST_SENTENCES:
        return None
    found = Message(
        "{ratings} by {listeners} of {sentences}",
        ratings=counted(ratings, "rating"),
        listeners=counted(listeners, "listener"),
        sentences=counted(sentences, "sentence"),
    )
    return NotEnough(
        Message(
            "not enough data: {found}; an interval takes at least {ratings} ratings by {listeners} listeners "
            "of {sentences} sentences",
            found=found,
            ratings=LEAST_RATINGS,
            listeners=LEAST_LISTENERS,
            sentences=LEAST_SENTENCES,
        )
    )


def on_scale(found: Interval | NotEnough, low: float, high: float) -> Interval | NotEnough:
    """An interval cut at the ends of the scale; a reason as it is."""
    return found.within(low, high) if isinstance(found, Interval) else found


def t_interval(centre: float, variance: float, df: float) -> Interval | NotEnough:
    """The interval centre ± t(0.975, df)·sqrt(variance); refuses a variance that cannot be told from zero."""
    if df < 1:
        return NotEnough(Message("not enough data: at least 2 listeners and 2 sentences are needed"))
    if not math.isfinite(variance) or variance <= 1e-14:
        return NotEnough(NO_SPREAD)
    error = math.sqrt(variance)
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * error
    return Interval(centre - reach, centre + reach, error, df)


def naive_interval(values: FloatArray) -> Interval | NotEnough:
    """mean ± 1.96·s/sqrt(n): what many papers print.

    Too narrow, because ratings of one listener are alike.
    """
    if values.size < 2:
        return NotEnough(Message("not enough data: 1 rating has no spread"))
    variance = float(values.var(ddof=1)) / values.size
    if variance <= 1e-14:
        return NotEnough(NO_SPREAD)
    centre, error = float(values.mean()), math.sqrt(variance)
    return Interval(centre - 1.96 * error, centre + 1.96 * error, error, math.inf)


def listener_means(values: FloatArray, listeners: IntArray) -> FloatArray:
    """The mean of each listener's values, in the order of the listener codes that occur."""
    counts = np.bincount(listeners)
    sums = np.bincount(listeners, weights=values)
    present = counts > 0
    return np.asarray(sums[present] / counts[present], dtype=np.float64)


def listener_interval(values: FloatArray, listeners: IntArray) -> Interval | NotEnough:
    """t interval over listeners (ITU-T P.1401): each listener's mean counts once.

    Sentences are taken as fixed.
    """
    means = listener_means(values, listeners)
    if means.size < 2:
        return NotEnough(ONE_LISTENER)
    return t_interval(float(means.mean()), float(means.var(ddof=1)) / means.size, means.size - 1)
