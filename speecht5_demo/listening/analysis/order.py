"""Does the place of a clip in the session change its rating?

Three effects are looked for, each estimated for every listener and then tested over listeners: a drift along
the session (tiring or learning), the second half against the first, and contrast with the clip heard just
before. Ratings are first freed of what was heard (the mean of the stimulus) and of who rated (the mean of the
listener).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from speecht5_demo.listening.analysis.cleaning import codes
from speecht5_demo.listening.analysis.interval import FloatArray, IntArray, Interval, NotEnough, t_interval
from speecht5_demo.listening.analysis.sensitivity import listener_bias, stimulus_codes
from speecht5_demo.messages import Message


@dataclass(frozen=True)
class Effect:
    """One effect, averaged over listeners.

    Attributes:
        name: drift | halves | contrast.
        meaning: the effect and its unit in words.
        value: the mean over listeners; None when no listener can tell.
        ci95: t interval over listeners; or why not.
        p: two-sided; None without an interval.
        n_listeners: who could tell.
    """

    name: str
    meaning: str
    value: float | None
    ci95: Interval | NotEnough
    p: float | None
    n_listeners: int


MEANINGS = {
    "drift": "points that ratings rise per 10 positions in the session",
    "halves": "points by which the second half of a session is rated above the first",
    "contrast": "points that a rating changes per point that the clip before was better",
}


def order_effects(ratings: pd.DataFrame) -> tuple[Effect, ...]:
    """The three effects in the rows that count; rows without a position are left out."""
    placed = ratings.loc[ratings["position"].notna()]
    if placed.empty:
        return tuple(_effect(name, np.empty(0)) for name in MEANINGS)
    values = placed["rating"].to_numpy(dtype=np.float64)
    listeners, stimuli = codes(placed["listener_id"]), stimulus_codes(placed)
    quality = (np.bincount(stimuli, weights=values) / np.bincount(stimuli))[stimuli]
    left = values - quality - listener_bias(values, listeners, stimuli)[listeners]
    session = codes(placed["session_id"])
    position = placed["position"].to_numpy(dtype=np.float64)
    order = np.lexsort((position, session))
    left, quality, position = left[order], quality[order], position[order]
    listeners, session = listeners[order], session[order]
    return (
        _effect("drift", 10 * _slopes(position, left, listeners)),
        _effect("halves", _halves(position, left, listeners, session)),
        _effect("contrast", _contrast(quality, left, listeners, session)),
    )


def _slopes(x: FloatArray, y: FloatArray, groups: IntArray) -> FloatArray:
    """Least-squares slope of y on x within each group that has three points and some spread of x."""
    n = np.bincount(groups).astype(np.float64)
    mean_x = np.bincount(groups, weights=x) / np.maximum(n, 1)
    away = x - mean_x[groups]
    spread = np.bincount(groups, weights=away**2)
    usable = (n >= 3) & (spread > 1e-9)
    return np.asarray(np.bincount(groups, weights=away * y)[usable] / spread[usable])


def _halves(position: FloatArray, left: FloatArray, listeners: IntArray, session: IntArray) -> FloatArray:
    middle = np.bincount(session, weights=position) / np.bincount(session)
    late = position > middle[session]
    size = int(listeners.max()) + 1
    n_late = np.bincount(listeners[late], minlength=size)
    n_early = np.bincount(listeners[~late], minlength=size)
    both = (n_late > 0) & (n_early > 0)
    late_sum = np.bincount(listeners[late], weights=left[late], minlength=size)
    early_sum = np.bincount(listeners[~late], weights=left[~late], minlength=size)
    return np.asarray(late_sum[both] / n_late[both] - early_sum[both] / n_early[both])


def _contrast(quality: FloatArray, left: FloatArray, listeners: IntArray, session: IntArray) -> FloatArray:
    follows = np.flatnonzero(session[1:] == session[:-1]) + 1
    if not follows.size:
        return np.empty(0)
    return _slopes(quality[follows - 1], left[follows], listeners[follows])


def _effect(name: str, by_listener: FloatArray) -> Effect:
    n = by_listener.size
    if n < 3:
        reason = Message(
            "not enough data: {n} listeners with enough positions; at least 3 are needed", n=int(n)
        )
        return Effect(name, MEANINGS[name], None, NotEnough(reason), None, n)
    mean = float(by_listener.mean())
    found = t_interval(mean, float(by_listener.var(ddof=1)) / n, n - 1)
    p = (
        None
        if isinstance(found, NotEnough)
        else float(2 * stats.t.sf(abs(mean) / found.standard_error, n - 1))
    )
    return Effect(name, MEANINGS[name], mean, found, p, n)
