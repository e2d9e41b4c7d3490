"""The same loudness for every clip, by one linear gain each.

A louder clip is rated better, so loudness must not differ between variants; anything beyond a linear gain
(a limiter, a filter) would change what is being rated. Loudness is ITU-R BS.1770's integrated loudness, by
pyloudnorm. Where the wanted loudness would push any clip over the peak limit, the whole study is made
quieter instead: one loud clip never gets a rule of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyloudnorm

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.study import Loudness

Samples = npt.NDArray[np.float32]
_BLOCK_S = 0.4


@dataclass(frozen=True)
class Level:
    """What one clip measures before levelling.

    Attributes:
        lufs: integrated loudness (BS.1770).
        peak_dbfs: largest sample, dB relative to full scale.
    """

    lufs: float
    peak_dbfs: float


def measure(samples: Samples, sampling_rate: int) -> Level:
    """Loudness and peak of a clip.

    Raises:
        StudyError: the clip is silent, so no gain can level it.
    """
    shortest = math.ceil(_BLOCK_S * sampling_rate) + 1
    padded = np.pad(samples, (0, max(0, shortest - len(samples))))
    peak = float(np.max(np.abs(samples), initial=0.0))
    lufs = float(pyloudnorm.Meter(sampling_rate).integrated_loudness(padded)) if peak > 0 else -math.inf
    if not math.isfinite(lufs):
        raise StudyError(
            f"A clip of {len(samples) / sampling_rate:.2f} s is silent; its variant does not speak."
        )
    return Level(lufs, 20 * math.log10(peak))


def common_target(levels: Sequence[Level], wanted: Loudness) -> float:
    """The loudness in LUFS that every clip can have without passing the peak limit."""
    headroom = (level.lufs + wanted.peak_dbfs - level.peak_dbfs for level in levels)
    return min(wanted.target_lufs, *headroom)


def gain_db(level: Level, target_lufs: float) -> float:
    """The gain that brings a clip to the target."""
    return target_lufs - level.lufs


def apply_gain(samples: Samples, decibels: float) -> Samples:
    """The clip, scaled."""
    return (samples * np.float32(10 ** (decibels / 20))).astype(np.float32)


def modulated_noise(samples: Samples, q_db: float, seed: int) -> Samples:
    """The clip in speech-correlated noise, as the MNRU of ITU-T P.810 makes it: `x * (1 + 10^(-Q/20) n)`."""
    noise = np.random.default_rng(seed).standard_normal(len(samples)).astype(np.float32)
    return (samples * (1 + np.float32(10 ** (-q_db / 20)) * noise)).astype(np.float32)
