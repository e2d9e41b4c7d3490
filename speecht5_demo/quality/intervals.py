"""Means with bootstrap intervals over sentences.

Sentences are what a list samples from a language, so whole sentences are drawn again, with all their
speakers: two speakers of one sentence are not two independent observations. Percentile intervals (Efron &
Tibshirani 1993), from a generator with a fixed seed, so that equal rows give equal intervals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from speecht5_demo.results import Estimate

RESAMPLES = 2000
FEWEST_SENTENCES = 5  # below this the bootstrap has too few different samples to mean anything
SEED = 20260101


def pooled(values: Sequence[float], weights: Sequence[float], sentences: Sequence[int]) -> Estimate | None:
    """The weighted mean of `values` and its interval over `sentences`; None where there is nothing."""
    if not values:
        return None
    value, weight = np.asarray(values, float), np.asarray(weights, float)
    groups, place = np.unique(np.asarray(sentences), return_inverse=True)
    top = np.bincount(place, value * weight, len(groups)).astype(np.float64)
    bottom = np.bincount(place, weight, len(groups)).astype(np.float64)
    interval = None
    if len(groups) >= FEWEST_SENTENCES:
        found = bootstrap(
            (top, bottom), _ratio, paired=True, method="percentile", n_resamples=RESAMPLES, rng=SEED
        ).confidence_interval
        interval = (float(found.low), float(found.high))
    return Estimate(float(_ratio(top, bottom)), interval, len(value), len(groups))


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.asarray(top.sum(axis) / bottom.sum(axis))
