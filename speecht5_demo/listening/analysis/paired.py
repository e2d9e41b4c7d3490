"""A variant against the baseline: the same listener, the same sentence, the same speaker.

D[l,s] = z_base - z_variant. A positive difference means that the variant was rated lower. A listener who
heard a sentence in only one of the two says nothing about their difference and is left out of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from speecht5_demo.listening.analysis.anytime import anytime_interval
from speecht5_demo.listening.analysis.cleaning import Scores, codes, dense
from speecht5_demo.listening.analysis.clustered import MeanDifference, holm, mean_difference
from speecht5_demo.listening.analysis.components import estimate
from speecht5_demo.listening.analysis.interval import (
    BoolArray,
    FloatArray,
    IntArray,
    Interval,
    NotEnough,
    listener_means,
    on_scale,
)
from speecht5_demo.listening.analysis.power import Needed, listeners_needed
from speecht5_demo.listening.methods import ACR
from speecht5_demo.messages import Message

Verdict = Literal["not worse", "worse", "undecided", "not enough data", "no margin"]


@dataclass(frozen=True)
class Comparison:
    """One variant against the baseline.

    Attributes:
        variant, baseline: names.
        difference: mean of baseline minus variant over the pairs, in points, with its interval; None without
            pairs.
        anytime: interval valid at every look; or why not.
        p_holm: two-sided p, adjusted over all comparisons of the table; None where p is.
        wilcoxon_p: signed-rank test on the listeners' mean differences, a check that assumes no normality;
            None where it cannot be computed.
        verdict: one of the five; `no margin` where none was stated for a scale that is not 1 to 5.
        needed: listeners still needed for a verdict.
        text: the verdict as a sentence.
    """

    variant: str
    baseline: str
    difference: MeanDifference | None
    anytime: Interval | NotEnough
    p_holm: float | None
    wilcoxon_p: float | None
    verdict: Verdict
    needed: Needed
    text: str


@dataclass(frozen=True)
class Heard:
    """Ratings by what was heard: one entry for each (listener, sentence, speaker).

    Attributes:
        keys: sorted codes of the three, shape (K,).
        means: mean rating under each.
        widths: number of sentence codes and of speaker codes within a key.
    """

    keys: IntArray
    means: FloatArray
    widths: tuple[int, int]


class Pairing:
    """Codes of one table, so that its parts can be paired with each other."""

    def __init__(self, ratings: pd.DataFrame) -> None:
        listener, sentence = codes(ratings["listener_id"]), codes(ratings["sentence_key"])
        speaker = codes(ratings["speaker"])
        self._widths = (int(sentence.max(initial=0)) + 1, int(speaker.max(initial=0)) + 1)
        self._keys = (listener * self._widths[0] + sentence) * self._widths[1] + speaker
        self._values = ratings["rating"].to_numpy(dtype=np.float64)

    def heard(self, rows: BoolArray) -> Heard:
        """The entries of some of the table's rows; a clip rated twice by one listener counts by its mean."""
        unique, inverse, counts = np.unique(self._keys[rows], return_inverse=True, return_counts=True)
        sums = np.bincount(inverse, weights=self._values[rows], minlength=unique.size)
        return Heard(unique, sums / counts, self._widths)


def pair(base: Heard, other: Heard) -> Scores:
    """The differences base minus other over what both hold, each once. Both must be of one `Pairing`."""
    shared, here, there = np.intersect1d(base.keys, other.keys, assume_unique=True, return_indices=True)
    cell = shared // base.widths[1]
    return Scores(
        base.means[here] - other.means[there],
        dense(cell // base.widths[0]),
        dense(cell % base.widths[0]),
    )


def compare(
    ratings: pd.DataFrame,
    baseline: str = "baseline",
    margin: float | None = 0.2,
    reach: float = ACR.high - ACR.low,
) -> tuple[Comparison, ...]:
    """Every variant of `ratings` (rows that count) against the baseline; Holm over all of them.

    Args:
        margin: points that count as no loss; without one there is no verdict.
        reach: the largest difference that the scale allows.
    """
    present = {str(name) for name in ratings["variant"].unique()}
    if baseline not in present:
        return ()
    names = sorted(present - {baseline})
    pairing = Pairing(ratings)
    rows = {name: (ratings["variant"] == name).to_numpy(dtype=bool) for name in (baseline, *names)}
    base = pairing.heard(rows[baseline])
    pairs = {name: pair(base, pairing.heard(rows[name])) for name in names}
    found = [mean_difference_or_none(pairs[name], reach) for name in names]
    adjusted = holm([one.p if one else None for one in found])
    return tuple(
        _comparison(name, baseline, margin, pairs[name], one, p, reach)
        for name, one, p in zip(names, found, adjusted, strict=True)
    )


def mean_difference_or_none(given: Scores, reach: float = math.inf) -> MeanDifference | None:
    """The mean difference, or None where there is no pair."""
    if not given.values.size:
        return None
    return mean_difference(given.values, given.listeners, given.sentences, reach=reach)


def _comparison(
    name: str,
    baseline: str,
    margin: float | None,
    given: Scores,
    found: MeanDifference | None,
    p_holm: float | None,
    reach: float,
) -> Comparison:
    if found is None:
        reason = Message(
            "not enough data: no listener rated the same sentence in {baseline} and in {variant}",
            baseline=baseline,
            variant=name,
        )
        return Comparison(
            name,
            baseline,
            None,
            NotEnough(reason),
            None,
            None,
            "not enough data",
            Needed(None, reason),
            reason,
        )
    means = listener_means(given.values, given.listeners)
    verdict, needed, text = reach_verdict(found, given, margin)
    if isinstance(found.interval, NotEnough):
        return Comparison(name, baseline, found, found.interval, None, None, verdict, needed, text)
    anytime = on_scale(anytime_interval(means), -reach, reach)
    return Comparison(name, baseline, found, anytime, p_holm, wilcoxon_p(means), verdict, needed, text)


def reach_verdict(found: MeanDifference, given: Scores, margin: float | None) -> tuple[Verdict, Needed, str]:
    """The verdict on a difference with the margin (points), the listeners still needed, and a sentence."""
    if found.upper is None or found.lower is None:
        reason = found.interval.reason if isinstance(found.interval, NotEnough) else ""
        return "not enough data", Needed(None, reason), reason
    if margin is None:
        reason = Message("no margin was stated for this scale: give --margin in its points")
        return "no margin", Needed(None, reason), reason
    if found.upper < margin:
        text = Message(
            "not worse than the baseline by more than {margin:g} (one-sided 95 % bound {bound:.3f})",
            margin=margin,
            bound=found.upper,
        )
        if found.lower > 0:
            text = Message(
                "{verdict}; measurably lower all the same, by {points:.2f}", verdict=text, points=found.mean
            )
        return "not worse", Needed(0), text
    if found.lower > 0:
        text = Message(
            "worse than the baseline (one-sided 95 % bound {bound:.3f} above 0)", bound=found.lower
        )
        return "worse", Needed(0), text
    needed = listeners_needed(
        found.mean,
        estimate(given.values, given.listeners, given.sentences),
        found.n_listeners,
        found.n_sentences,
        found.n / found.n_listeners,
        margin,
    )
    if needed.listeners is None:
        return "undecided", needed, Message("undecided: {reason}", reason=needed.reason)
    return "undecided", needed, Message("undecided: about {more} more listeners", more=needed.listeners)


def wilcoxon_p(means: np.ndarray) -> float | None:
    """Two-sided Wilcoxon signed-rank p of the listeners' mean differences; None when all of them are zero."""
    if means.size < 2 or not np.any(np.abs(means) > 1e-12):
        return None
    return float(stats.wilcoxon(means).pvalue)
