"""Means with bootstrap intervals over sentences.

Sentences are what a list samples from a language, so whole sentences are drawn again, with all their
speakers: two speakers of one sentence are not two independent observations. Percentile intervals (Efron &
Tibshirani 1993), from a generator with a fixed seed, so that equal rows give equal intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
FEWEST_SENTENCES = 5  # below this the bootstrap has too few different samples to mean anything
SEED = 20260101


@dataclass(frozen=True)
class Estimate:
    """A pooled mean.

    Attributes:
        mean: weighted over utterances; for WER that is all errors over all words.
        ci95: 95 % percentile bootstrap interval, None with fewer than five sentences.
        n: utterances.
        sentences: different sentences among them.
    """

    mean: float
    ci95: tuple[float, float] | None
    n: int
    sentences: int


def pooled(values: Sequence[float], weights: Sequence[float], sentences: Sequence[int]) -> Estimate | None:
    """The weighted mean of `values` and its interval over `sentences`; None where there is nothing."""
    if not values:
        return None
    value, weight = np.asarray(values, float), np.asarray(weights, float)
    groups, place = np.unique(np.asarray(sentences), return_inverse=True)
    top = np.bincount(place, value * weight, minlength=len(groups))
    bottom = np.bincount(place, weight, minlength=len(groups))
    mean = float(top.sum() / bottom.sum())
    interval = None
    if len(groups) >= FEWEST_SENTENCES:
        drawn = np.random.default_rng(SEED).integers(len(groups), size=(RESAMPLES, len(groups)))
        means = top[drawn].sum(axis=1) / bottom[drawn].sum(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        interval = (float(low), float(high))
    return Estimate(mean, interval, len(value), len(groups))
