"""What every measure takes: mono float samples at 16 kHz, and a check that there is something to measure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError

SAMPLING_RATE = 16_000
SILENCE_PEAK = 1e-3  # full scale is 1; quieter than -60 dB at its loudest sample is no speech

Samples = NDArray[np.float32]


def is_silent(samples: Samples) -> bool:
    """Whether there is nothing to hear."""
    return samples.size == 0 or float(np.abs(samples).max()) < SILENCE_PEAK


def audible(samples: NDArray[Any], name: str) -> Samples:
    """`samples` as float32 in [-1, 1], shape (n,).

    Raises:
        QualityError: when they are empty, silent, not finite or not mono.
    """
    signal = np.asarray(samples, dtype=np.float32)
    if signal.ndim != 1:
        raise QualityError(f"{name}: expected mono samples of shape (n,), found {signal.shape}.")
    if signal.size == 0:
        raise QualityError(f"{name}: no samples at all.")
    if not np.isfinite(signal).all():
        raise QualityError(f"{name}: {np.count_nonzero(~np.isfinite(signal))} samples are not finite.")
    peak = float(np.abs(signal).max())
    if peak < SILENCE_PEAK:
        raise QualityError(f"{name}: silence (loudest sample {peak:.1e}).")
    return np.clip(signal, -1.0, 1.0)
