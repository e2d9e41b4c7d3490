"""Pitch and voicing of two aligned utterances, tracked by Praat's autocorrelation method (through parselmouth)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.metrics.cepstra import HOP_MS, WARPING, WINDOW_MS, against_baseline
from speecht5_demo.quality.metrics.metric import SHARE, Metric, Need
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible
from speecht5_demo.quality.subject import Subject, given

PRAAT = Library("parselmouth", "praat-parselmouth")

FLOOR_HZ, CEILING_HZ = 60.0, 500.0
FEWEST_FRAMES = 10  # voiced in both utterances; fewer say nothing about pitch


@dataclass(frozen=True)
class PitchErrors:
    """How the melody differs.

    Attributes:
        cents: root mean square difference over frames voiced in both, in hundredths of a semitone.
        voicing: share of aligned frames that are voiced in one and unvoiced in the other, 0 to 1.
    """

    cents: float
    voicing: float


def track(samples: Samples, frames: int, name: str) -> NDArray[np.float64]:
    """Fundamental frequency in Hz at the middle of each of `frames` windows, 0 where unvoiced; shape (frames,).

    Raises:
        QualityError: when the signal is silent or too short for three periods.
    """
    parselmouth = PRAAT.load("F0")
    sound = parselmouth.Sound(audible(samples, name).astype(np.float64), SAMPLING_RATE)
    try:
        pitch = sound.to_pitch_ac(HOP_MS / 1000.0, FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    except parselmouth.PraatError as error:
        raise QualityError(f"{name}: {str(error).splitlines()[0]}") from error
    times, values = np.asarray(pitch.xs()), np.asarray(pitch.selected_array["frequency"])
    middles = (np.arange(frames) * HOP_MS + WINDOW_MS / 2.0) / 1000.0
    nearest = np.clip(np.rint((middles - times[0]) * 1000.0 / HOP_MS), 0, len(values) - 1)
    return np.asarray(values[nearest.astype(int)], dtype=np.float64)


def pitch_errors(reference: Samples, other: Samples, path: NDArray[np.int64]) -> PitchErrors:
    """Compare pitch along a warping path over 8 ms frames.

    Raises:
        QualityError: when fewer than ten frames are voiced in both.
    """
    frames = path.max(axis=0) + 1
    one = track(reference, int(frames[0]), "reference")[path[:, 0]]
    two = track(other, int(frames[1]), "variant")[path[:, 1]]
    both = (one > 0) & (two > 0)
    if np.count_nonzero(both) < FEWEST_FRAMES:
        raise QualityError(f"F0: only {np.count_nonzero(both)} aligned frames are voiced in both.")
    cents = 1200.0 * np.log2(two[both] / one[both])
    return PitchErrors(float(np.sqrt(np.mean(cents**2))), float(np.mean((one > 0) != (two > 0))))


def _errors(subject: Subject) -> PitchErrors:
    return pitch_errors(
        given(subject.baseline, "baseline"), subject.samples, subject.shared(against_baseline).path
    )


METRICS = (
    Metric(
        name="f0",
        label="F0 error against baseline, DTW-aligned",
        unit="cents",
        better="lower",
        about="Root mean square pitch difference along the same path, where both are voiced (Praat).",
        measure=lambda subject: subject.shared(_errors).cents,
        needs=frozenset({Need.BASELINE}),
        libraries=(*WARPING, PRAAT),
        swept=True,
    ),
    Metric(
        name="voicing",
        label="Voicing error against baseline, DTW-aligned",
        unit=SHARE,
        better="lower",
        about="Share of aligned frames voiced in one and unvoiced in the other.",
        measure=lambda subject: subject.shared(_errors).voicing,
        needs=frozenset({Need.BASELINE}),
        libraries=(*WARPING, PRAAT),
    ),
)
