"""How many listeners a verdict takes.

Two questions, one model. Before a study: how likely is "not worse" when nothing was lost? That is simulated
with the very estimator that will judge the data. After an undecided one: how many more listeners would decide
it, were the difference what it looks like now? That is solved with the non-central t distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from speecht5_demo.listening.analysis.components import Components
from speecht5_demo.listening.analysis.interval import FloatArray
from speecht5_demo.messages import Message

# Paired differences on the five-point scale, as they come out of a simulated crowd: listeners 0.15, sentences
# 0.10 and noise 0.75 points (standard deviations) a variant, around 3.7, rounded and cut to 1..5.
TYPICAL = Components(listener=0.038, sentence=0.016, residual=1.127)
MOST_LISTENERS = 10_000
STUDIES = 1000
GOOD_POWER = 0.8


@dataclass(frozen=True)
class Needed:
    """How many more listeners would decide.

    Attributes:
        listeners: more of them, 0 when decided; None when no number of listeners would do.
        reason: empty, or why there is no number.
    """

    listeners: int | None
    reason: str = ""


def chance_of_not_worse(
    listeners: int,
    sentences: int,
    margin: float = 0.2,
    sentences_per_listener: int | None = None,
    true_difference: float = 0.0,
) -> float:
    """The share of simulated studies that end in "not worse", between 0 and 1.

    Args:
        listeners: who hear both variants.
        sentences: that are heard in both variants.
        margin: points of MOS.
        sentences_per_listener: how many of them each listener hears in both; all when None.
        true_difference: baseline minus variant, in points.
    """
    each = min(sentences_per_listener or sentences, sentences)
    if min(listeners, sentences, each) < 1 or min(listeners, sentences) < 2:
        return 0.0
    rng = np.random.default_rng(0)
    heard = np.zeros((listeners, sentences), dtype=bool)
    for who in range(
        listeners
    ):  # each listener starts where the one before ended: every sentence is heard equally often
        heard[who, (who * each + np.arange(each)) % sentences] = True
    won, done = 0, 0
    at_once = max(1, 2_000_000 // heard.size)
    while done < STUDIES:
        batch = min(at_once, STUDIES - done)
        values = (
            true_difference
            + rng.normal(0, math.sqrt(TYPICAL.listener), (batch, listeners, 1))
            + rng.normal(0, math.sqrt(TYPICAL.sentence), (batch, 1, sentences))
            + rng.normal(0, math.sqrt(TYPICAL.residual), (batch, listeners, sentences))
        )
        won += int((_upper_bounds(values, heard) < margin).sum())
        done += batch
    return won / STUDIES


def _upper_bounds(values: FloatArray, heard: np.ndarray) -> FloatArray:
    """One-sided 95 % upper bounds of many studies of one layout, shape (studies,); two-way clustered."""
    n_listeners, n_sentences = heard.shape
    total = float(heard.sum())
    means = (values * heard).sum((1, 2)) / total
    errors = (values - means[:, None, None]) * heard
    by_listener = (errors.sum(2) ** 2).sum(1) / total**2 * n_listeners / (n_listeners - 1)
    by_sentence = (errors.sum(1) ** 2).sum(1) / total**2 * n_sentences / (n_sentences - 1)
    by_cell = (errors**2).sum((1, 2)) / total**2 * total / (total - 1)
    variance = np.maximum(by_listener + by_sentence - by_cell, np.maximum(by_listener, by_sentence))
    reach = stats.t.ppf(0.95, min(n_listeners, n_sentences) - 1)
    return np.asarray(means + reach * np.sqrt(variance))


def listeners_needed(
    difference: float,
    spread: Components,
    listeners: int,
    sentences: int,
    ratings_per_listener: float,
    margin: float,
) -> Needed:
    """How many more listeners give an undecided comparison a chance of `GOOD_POWER` to be decided.

    Either verdict will do: "not worse" when the difference is below the margin, "worse" when it is above
    zero. The difference and its spread are taken as they look now, so this is a plan and not a promise.
    """

    def decided(n: int) -> bool:
        variance = (
            spread.listener / n + spread.sentence / sentences + spread.residual / (n * ratings_per_listener)
        )
        error = math.sqrt(max(variance, 1e-14))
        df = min(n, sentences) - 1
        threshold = float(stats.t.ppf(0.95, df))
        best = max((margin - difference) / error, difference / error)
        return best > 0 and float(stats.nct.sf(threshold, df, min(best, 30.0))) >= GOOD_POWER

    if sentences < 2:
        return Needed(None, Message("more sentences are needed first: at least 2"))
    low = max(listeners, 2)
    if decided(low + 1):
        return Needed(low + 1 - listeners)
    high = low + 1
    while not decided(high):
        if high >= MOST_LISTENERS:
            return Needed(
                None,
                Message(
                    "not even {most:,} listeners would decide it; add to the {sentences} sentences",
                    most=MOST_LISTENERS,
                    sentences=sentences,
                ),
            )
        low, high = high, min(high * 2, MOST_LISTENERS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return Needed(high - listeners)
