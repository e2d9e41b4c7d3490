"""The variance of a mean difference when both listeners and sentences repeat.

Two-way cluster-robust variance (Cameron, Gelbach and Miller, "Robust inference with multiway clustering",
2011): V = V_listener + V_sentence - V_cell, each with its G/(G-1) correction. The subtraction can undershoot
in small data, so V is floored at the larger of the first two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from speecht5_demo.listening.analysis.interval import (
    LEVEL,
    FloatArray,
    IntArray,
    Interval,
    NotEnough,
    on_scale,
    t_interval,
    too_little,
)


@dataclass(frozen=True)
class MeanDifference:
    """A mean with two-way clustered spread.

    Attributes:
        mean: of the values.
        n: values.
        n_listeners: listeners among them.
        n_sentences: sentences among them.
        interval: 95 %, two-sided, t on min(L,S)-1; or why not.
        upper: one-sided 95 % upper bound; None without an interval.
        lower: one-sided 95 % lower bound; None without an interval.
        p: two-sided, of "the mean is 0"; None without an interval.
    """

    mean: float
    n: int
    n_listeners: int
    n_sentences: int
    interval: Interval | NotEnough
    upper: float | None
    lower: float | None
    p: float | None


def clustered_variance(values: FloatArray, listeners: IntArray, sentences: IntArray) -> float:
    """Variance of the mean of `values`, shape (T,), clustered by listener and by sentence."""
    errors = values - values.mean()
    width = int(sentences.max()) + 1
    _, cells = np.unique(listeners * width + sentences, return_inverse=True)
    by_listener = _one_way(errors, listeners)
    by_sentence = _one_way(errors, sentences)
    return max(by_listener + by_sentence - _one_way(errors, cells), by_listener, by_sentence)


def _one_way(errors: FloatArray, codes: IntArray) -> float:
    groups = np.count_nonzero(np.bincount(codes))
    if groups < 2:
        return math.inf
    sums = np.bincount(codes, weights=errors)
    return float((sums**2).sum()) / errors.size**2 * groups / (groups - 1)


def mean_difference(
    values: FloatArray, listeners: IntArray, sentences: IntArray, reach: float = math.inf
) -> MeanDifference:
    """The mean of paired differences and what can be said about it; too few pairs have no interval.

    Args:
        reach: the largest difference that the scale allows.
    """
    n_listeners, n_sentences = np.unique(listeners).size, np.unique(sentences).size
    mean = float(values.mean())
    interval: Interval | NotEnough
    if short := too_little(values.size, n_listeners, n_sentences):
        interval = short
    else:
        variance = clustered_variance(values, listeners, sentences)
        interval = on_scale(t_interval(mean, variance, min(n_listeners, n_sentences) - 1), -reach, reach)
    if isinstance(interval, NotEnough):
        return MeanDifference(mean, values.size, n_listeners, n_sentences, interval, None, None, None)
    one_sided = float(stats.t.ppf(LEVEL, interval.df)) * interval.standard_error
    p = float(2 * stats.t.sf(abs(mean) / interval.standard_error, interval.df))
    return MeanDifference(
        mean, values.size, n_listeners, n_sentences, interval, mean + one_sided, mean - one_sided, p
    )


def holm(p_values: list[float | None]) -> list[float | None]:
    """Holm's step-down adjustment over the values that exist; the others stay None."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    floor = 0.0
    for rank, (p, i) in enumerate(known):
        floor = max(floor, min(1.0, p * (len(known) - rank)))
        adjusted[i] = floor
    return adjusted
