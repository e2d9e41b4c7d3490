"""What every teacher gives: a waveform, and when each written word is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SpokenWord:
    """One written word and when it is said, in seconds from the start of the waveform."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class TeacherSpeech:
    """What a teacher said.

    Attributes:
        samples: float32 mono in [-1, 1] at 16 kHz, shape (n,).
        words: one entry for each written word, in order.
    """

    samples: npt.NDArray[np.float32]
    words: tuple[SpokenWord, ...]
