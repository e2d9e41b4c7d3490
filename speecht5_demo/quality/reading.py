"""Faults of alignment: words said twice, words left out, seen in where the decoder looks in the text.

Of all cross-attention heads, the one that is most focused (the largest mean of its largest weights) is taken for the
position in the text. A fault-free reading moves it forward through the text and ends at the last letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BACK = 5  # tokens (characters): a position this far behind the furthest one is reading again
AHEAD = 6  # tokens passed over in one step
TAIL = 6  # tokens that may stay unread at the end: closing punctuation and a trailing sound
SMOOTH = 5  # steps of the running median that removes single glances


@dataclass(frozen=True)
class Reading:
    """How the position moved.

    Attributes:
        monotonicity: share of steps that do not move back by more than a token, 0 to 1.
        repeats: times it went back at least five tokens and read on from there.
        skips: times it jumped over six tokens or more, a text that ends unread included.
    """

    monotonicity: float
    repeats: int
    skips: int


def positions(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """Position in the text at each step, shape (steps,).

    Args:
        weights: cross-attention, shape (heads of all layers, steps, tokens).
    """
    focus = weights.max(axis=2).mean(axis=1)
    # A head that stares at one token is focused without reading: it has to cover ground too.
    places = weights.argmax(axis=2)
    ground = np.array([len(np.unique(row)) for row in places]) / weights.shape[2]
    best = int((focus * np.minimum(ground, 0.5)).argmax())
    return np.asarray(places[best], dtype=np.int64)


def smoothed(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Running median over five steps."""
    edge = SMOOTH // 2
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(places, edge, mode="edge"), SMOOTH)
    return np.asarray(np.median(windows, axis=1), dtype=np.int64)


def read(weights: NDArray[np.float32]) -> Reading:
    """How one utterance was read, by its cross-attention, shape (heads of all layers, steps, tokens)."""
    places = smoothed(positions(weights))
    moves = np.diff(places)
    furthest = np.maximum.accumulate(places)
    behind = furthest - places >= BACK
    repeats = np.count_nonzero(behind[1:] & ~behind[:-1])
    jumps = np.count_nonzero(np.diff(furthest) > AHEAD)
    unread = int(weights.shape[2] - 1 - furthest[-1] > TAIL)
    monotonicity = float(np.mean(moves >= -1)) if moves.size else 1.0
    return Reading(monotonicity, int(repeats), int(jumps) + unread)
