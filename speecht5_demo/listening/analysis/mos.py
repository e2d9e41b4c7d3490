"""Mean opinion scores with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from speecht5_demo.listening.analysis.anytime import anytime_interval
from speecht5_demo.listening.analysis.cleaning import Scores, codes, dense, scores
from speecht5_demo.listening.analysis.components import crossed_interval
from speecht5_demo.listening.analysis.interval import (
    IntArray,
    Interval,
    NotEnough,
    listener_interval,
    listener_means,
    naive_interval,
    on_scale,
    too_little,
)
from speecht5_demo.listening.methods import ACR

Scale = tuple[float, float]


@dataclass(frozen=True)
class Mos:
    """The mean of some ratings of one variant.

    Attributes:
        variant: what was rated.
        mos: mean of the ratings, on their scale.
        ci95: listeners and sentences both random (the one to quote).
        ci95_listener: listeners random, sentences fixed; centred on the mean of the listeners' means.
        ci95_naive: as if every rating came from another listener; too narrow.
        ci95_anytime: valid however often one looks while listeners arrive; for these sentences.
        n_ratings, n_listeners, n_sentences: what it rests on.
        counts: ratings of 1, 2, 3, 4 and 5, a half up; on another scale they mean nothing.
        group: which part of the data, as (column, value) pairs; empty for all of it.
    """

    variant: str
    mos: float
    ci95: Interval | NotEnough
    ci95_listener: Interval | NotEnough
    ci95_naive: Interval | NotEnough
    ci95_anytime: Interval | NotEnough
    n_ratings: int
    n_listeners: int
    n_sentences: int
    counts: tuple[int, int, int, int, int]
    group: tuple[tuple[str, str], ...] = field(default=())


def mean_opinion(
    variant: str, given: Scores, group: tuple[tuple[str, str], ...] = (), scale: Scale = (ACR.low, ACR.high)
) -> Mos:
    """The MOS of at least one rating; its intervals stay on the scale, and too few ratings have none."""
    points = np.bincount(np.floor(given.values + 0.5).astype(np.int64).clip(1, 5), minlength=6)[1:]
    short = too_little(given.values.size, given.n_listeners, given.n_sentences)

    def interval(estimate: Callable[[], Interval | NotEnough]) -> Interval | NotEnough:
        return short or on_scale(estimate(), *scale)

    return Mos(
        variant=variant,
        mos=float(given.values.mean()),
        ci95=interval(lambda: crossed_interval(given.values, given.listeners, given.sentences)),
        ci95_listener=interval(lambda: listener_interval(given.values, given.listeners)),
        ci95_naive=interval(lambda: naive_interval(given.values)),
        ci95_anytime=interval(lambda: anytime_interval(listener_means(given.values, given.listeners))),
        n_ratings=given.values.size,
        n_listeners=given.n_listeners,
        n_sentences=given.n_sentences,
        counts=(int(points[0]), int(points[1]), int(points[2]), int(points[3]), int(points[4])),
        group=group,
    )


def summarise(
    ratings: pd.DataFrame,
    by: tuple[str, ...] = (),
    first: str = "baseline",
    scale: Scale = (ACR.low, ACR.high),
) -> tuple[Mos, ...]:
    """One MOS a variant, or one for each variant within each value of the columns `by`.

    Args:
        ratings: rows that count (`clean(frame).counted`).
        by: columns to split by besides the variant, such as ("speaker",).
        first: the variant listed first; the others follow by name.
        scale: the ends of the scale.
    """
    if ratings.empty:
        return ()
    columns = (*by, "variant")
    key: IntArray = np.zeros(len(ratings), dtype=np.int64)
    for column in columns:
        part = codes(ratings[column])
        key = dense(key * (int(part.max()) + 1) + part)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
    everything = scores(ratings)
    labels = [ratings[column].iloc[order[starts]].astype(str).tolist() for column in columns]
    found = []
    for place, rows in enumerate(np.split(order, starts[1:])):
        these = Scores(
            everything.values[rows], dense(everything.listeners[rows]), dense(everything.sentences[rows])
        )
        group = tuple((column, names[place]) for column, names in zip(by, labels[:-1], strict=True))
        found.append(mean_opinion(labels[-1][place], these, group, scale))
    return tuple(sorted(found, key=lambda one: (one.group, one.variant != first, one.variant)))
