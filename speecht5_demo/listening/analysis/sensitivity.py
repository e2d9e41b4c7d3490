"""Would the answer change if listeners were treated differently?

Two standard treatments, shown beside the headline and never instead of it: ITU-T P.913 subtracts each
listener's bias; ITU-R BT.500 rejects listeners whose scores stray too often. Both work on (listener,
stimulus), a stimulus being one sentence of one speaker in one variant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from speecht5_demo.listening.analysis.cleaning import codes, dense
from speecht5_demo.listening.analysis.interval import FloatArray, IntArray


def stimulus_codes(ratings: pd.DataFrame) -> IntArray:
    """A code for what was heard: variant, sentence and speaker."""
    key = codes(ratings["variant"])
    for column in ("sentence_key", "speaker"):
        part = codes(ratings[column])
        key = dense(key * (int(part.max()) + 1) + part)
    return key


def listener_bias(values: FloatArray, listeners: IntArray, stimuli: IntArray) -> FloatArray:
    """Points that each listener lies above the mean of the stimuli they rated (ITU-T P.913, 12.4), shape (L,)."""
    stimulus_means = np.bincount(stimuli, weights=values) / np.bincount(stimuli)
    above = values - stimulus_means[stimuli]
    return np.asarray(np.bincount(listeners, weights=above) / np.bincount(listeners))


def without_bias(ratings: pd.DataFrame) -> pd.DataFrame:
    """The ratings with each listener's bias subtracted; they are no longer whole numbers."""
    if ratings.empty:
        return ratings
    values, listeners = ratings["rating"].to_numpy(dtype=np.float64), codes(ratings["listener_id"])
    bias = listener_bias(values, listeners, stimulus_codes(ratings))
    return ratings.assign(rating=values - bias[listeners])


def bt500_rejected(values: FloatArray, listeners: IntArray, stimuli: IntArray) -> IntArray:
    """Codes of the listeners that ITU-R BT.500 (Annex 1, 2.3.1) rejects.

    A score strays when it lies 2 standard deviations from its stimulus' mean, or sqrt(20) of them where the
    scores of that stimulus are not normal (kurtosis outside 2 to 4). A listener who strays in more than 5 %
    of the ratings, and about as often upwards as downwards (imbalance below 0.3), is rejected.
    """
    n = np.bincount(stimuli).astype(np.float64)
    means = np.bincount(stimuli, weights=values) / n
    errors = values - means[stimuli]
    second = np.bincount(stimuli, weights=errors**2) / n
    fourth = np.bincount(stimuli, weights=errors**4) / n
    varies = (n >= 2) & (second > 1e-12)
    kurtosis = np.divide(fourth, second**2, out=np.zeros_like(fourth), where=varies)
    spread = np.sqrt(np.divide(second * n, n - 1, out=np.zeros_like(n), where=varies))
    reach = np.where((kurtosis >= 2) & (kurtosis <= 4), 2.0, np.sqrt(20.0)) * spread
    strays = varies[stimuli] & (np.abs(errors) >= reach[stimuli])
    up = np.bincount(listeners[strays & (errors > 0)], minlength=int(listeners.max()) + 1)
    down = np.bincount(listeners[strays & (errors < 0)], minlength=int(listeners.max()) + 1)
    both = up + down
    rated = np.bincount(listeners)
    balance = np.divide(np.abs(up - down), both, out=np.ones(both.size), where=both > 0)
    return np.flatnonzero((both / np.maximum(rated, 1) > 0.05) & (balance < 0.3))


def without_rejected(ratings: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The ratings without the listeners that BT.500 rejects, and their ids."""
    if ratings.empty:
        return ratings, ()
    listeners = codes(ratings["listener_id"])
    rejected = bt500_rejected(
        ratings["rating"].to_numpy(dtype=np.float64), listeners, stimulus_codes(ratings)
    )
    out = np.isin(listeners, rejected)
    names = sorted(ratings.loc[out, "listener_id"].astype(str).unique())
    return ratings.loc[~out], tuple(names)
