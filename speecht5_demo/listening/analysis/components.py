"""How much of the spread belongs to listeners, to sentences and to chance.

The model is z[l,s] = mu + listener[l] + sentence[s] + noise, both effects random (Ribeiro, Florêncio, Zhang
and Seltzer, "CrowdMOS: an approach for crowdsourcing mean opinion score studies", ICASSP 2011). A crowd's
data are unbalanced, so the three variances are found by the method of moments (Henderson's method I: Searle,
Casella and McCulloch, "Variance components", 1992, section 5.3): four sums of squares are set equal to their
expectations, which are linear in the variances. In a balanced study this is the usual analysis of variance. A
negative solution means "too small to see" and becomes zero. Where the layout cannot tell the three apart
(every listener rated once), the mean's variance comes from two-way clustering instead, which needs no such
split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speecht5_demo.listening.analysis.clustered import clustered_variance
from speecht5_demo.listening.analysis.interval import (
    ONE_LISTENER,
    FloatArray,
    IntArray,
    Interval,
    NotEnough,
    t_interval,
)
from speecht5_demo.messages import Message


@dataclass(frozen=True)
class Components:
    """Variances, in squared points of the scale.

    Attributes:
        listener: between listeners.
        sentence: between sentences.
        residual: everything else, including the interaction of the two.
        separable: False when the layout of the data cannot tell the three apart (say, one rating a listener).
    """

    listener: float
    sentence: float
    residual: float
    separable: bool = True


@dataclass(frozen=True)
class Layout:
    """Who rated what: counts that the formulas need.

    Attributes:
        total: ratings.
        listeners: ratings of each listener who rated, shape (L,).
        sentences: ratings of each sentence that was rated, shape (S,).
    """

    total: int
    listeners: IntArray
    sentences: IntArray

    @property
    def df(self) -> int:
        return min(self.listeners.size, self.sentences.size) - 1


def layout(listeners: IntArray, sentences: IntArray) -> Layout:
    by_listener, by_sentence = np.bincount(listeners), np.bincount(sentences)
    return Layout(int(listeners.size), by_listener[by_listener > 0], by_sentence[by_sentence > 0])


def estimate(values: FloatArray, listeners: IntArray, sentences: IntArray) -> Components:
    """Variance components of `values`, shape (T,), with the listener and sentence code of each."""
    total = float(values.size)
    centred = values - values.mean()
    by_listener, by_sentence = np.bincount(listeners), np.bincount(sentences)
    n_listeners, n_sentences = np.count_nonzero(by_listener), np.count_nonzero(by_sentence)
    cells, cell_counts = np.unique(listeners * by_sentence.size + sentences, return_counts=True)
    squared = cell_counts.astype(np.float64) ** 2
    across_listeners = float((squared / by_listener[cells // by_sentence.size]).sum())
    across_sentences = float((squared / by_sentence[cells % by_sentence.size]).sum())
    listener_load = float((by_listener.astype(np.float64) ** 2).sum()) / total
    sentence_load = float((by_sentence.astype(np.float64) ** 2).sum()) / total

    of_all = float((centred**2).sum())
    of_listeners = _between(centred, listeners)
    of_sentences = _between(centred, sentences)
    expectation = np.array(
        [
            [total - listener_load, total - sentence_load, total - 1.0],
            [total - listener_load, across_listeners - sentence_load, n_listeners - 1.0],
            [across_sentences - listener_load, total - sentence_load, n_sentences - 1.0],
        ]
    )
    if np.linalg.matrix_rank(expectation / total, tol=1e-9) < 3:
        return Components(0.0, 0.0, 0.0, separable=False)
    solution = np.linalg.solve(expectation, np.array([of_all, of_listeners, of_sentences]))
    listener, sentence, residual = (max(float(part), 0.0) for part in solution)
    return Components(listener, sentence, residual)


def _between(centred: FloatArray, codes: IntArray) -> float:
    counts = np.bincount(codes)
    sums = np.bincount(codes, weights=centred)
    present = counts > 0
    return float((sums[present] ** 2 / counts[present]).sum())


def variance_of_mean(parts: Components, who: Layout) -> float:
    """var = sL2·sum(N_l²)/T² + sS2·sum(M_s²)/T² + sE2/T (Ribeiro et al. 2011)."""
    total = float(who.total)
    listener_share = float((who.listeners.astype(np.float64) ** 2).sum()) / total**2
    sentence_share = float((who.sentences.astype(np.float64) ** 2).sum()) / total**2
    return parts.listener * listener_share + parts.sentence * sentence_share + parts.residual / total


def crossed_interval(values: FloatArray, listeners: IntArray, sentences: IntArray) -> Interval | NotEnough:
    """The default interval of a MOS, listeners and sentences both drawn from larger populations.

    A t interval on min(listeners, sentences) - 1 degrees of freedom.
    """
    who = layout(listeners, sentences)
    short = _too_few(who)
    if short is not None:
        return short
    parts = estimate(values, listeners, sentences)
    if parts.separable:
        variance = variance_of_mean(parts, who)
    else:
        variance = clustered_variance(values, listeners, sentences)
    return t_interval(float(values.mean()), variance, who.df)


def _too_few(who: Layout) -> NotEnough | None:
    if who.listeners.size < 2:
        return NotEnough(ONE_LISTENER)
    if who.sentences.size < 2:
        return NotEnough(Message("not enough data: 1 sentence; at least 2 are needed"))
    return None
