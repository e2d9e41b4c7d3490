"""Pieces of one text into one waveform, with the pauses a reader would make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FADE_S = 0.005
"""A linear fade at both ends of each piece: the vocoder may start or stop off zero, which clicks."""
TAIL_S = 0.08
"""Silence after the last piece, so that players do not clip the last sound."""


def join(
    pieces: Sequence[NDArray[np.float32]], pauses_s: Sequence[float], sampling_rate: int
) -> NDArray[np.float32]:
    """Fade, pause and concatenate.

    Args:
        pieces: waveforms in [-1, 1], at least one.
        pauses_s: seconds of silence after each piece; the last is replaced by a short tail.
        sampling_rate: in Hz.
    """
    silences = [*pauses_s[:-1], TAIL_S]
    return np.concatenate(
        [with_pause(piece, silence, sampling_rate) for piece, silence in zip(pieces, silences, strict=True)]
    )


def with_pause(piece: NDArray[np.float32], pause_s: float, sampling_rate: int) -> NDArray[np.float32]:
    """A piece, faded at both ends, and the silence after it: as it stands in the whole."""
    silence = np.zeros(round(pause_s * sampling_rate), np.float32)
    whole: NDArray[np.float32] = np.clip(np.concatenate([_faded(piece, sampling_rate), silence]), -1.0, 1.0)
    return whole


def _faded(piece: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    size = min(round(FADE_S * sampling_rate), len(piece) // 2)
    faded = piece.copy()
    if size:
        ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)
        faded[:size] *= ramp
        faded[-size:] *= ramp[::-1]
    return faded
