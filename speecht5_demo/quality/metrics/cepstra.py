"""Mel-cepstral distance between two utterances that say the same words at their own speed.

mel-cepstral-distance (Taubert & Sternkopf, after Kubichek 1993) makes the cepstra, librosa's exact dynamic time
warping aligns them, and the path is kept: pitch is compared along it too. The library sums raw cosine terms of log10
powers; multiplied by 10 sqrt(2) / M, M bands, that is the root mean square difference of two smoothed spectra in dB,
which is what (10 / ln 10) sqrt(2 sum (c_i - c'_i)^2) over cepstra is. Its first coefficient is c_1: loudness is not
in it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.metrics.metric import Metric, Need
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible
from speecht5_demo.quality.subject import Subject, given
from speecht5_demo.wav import wav_bytes

CEPSTRA = Library("mel_cepstral_distance", "mel-cepstral-distance")
LIBROSA = Library("librosa")
WARPING = (CEPSTRA, LIBROSA)
"""What aligning two utterances needs."""

BANDS, COEFFICIENTS = 20, 13
WINDOW_MS, HOP_MS = 32.0, 8.0
TO_DECIBEL = 10.0 * sqrt(2.0) / BANDS


@dataclass(frozen=True)
class Alignment:
    """Two utterances laid beside each other.

    Attributes:
        path: pairs of frames (reference, other), shape (p, 2), both columns rising; a frame is 8 ms.
        distance_db: mel-cepstral distance over the path, in dB.
    """

    path: NDArray[np.int64]
    distance_db: float


def cepstra(samples: Samples, name: str) -> NDArray[np.float64]:
    """Mel cepstra c_1 to c_20, shape (20, frames), of 32 ms windows every 8 ms.

    Raises:
        QualityError: when the signal is silent or shorter than two windows.
    """
    library = CEPSTRA.load("MCD")
    signal = audible(samples, name)
    if len(signal) < 2 * WINDOW_MS / 1000.0 * SAMPLING_RATE:
        raise QualityError(f"{name}: shorter than two windows of {WINDOW_MS:.0f} ms.")
    wav = io.BytesIO(wav_bytes(signal, SAMPLING_RATE))
    spectrogram = library.get_amplitude_spectrogram(wav, n_fft=WINDOW_MS, win_len=WINDOW_MS, hop_len=HOP_MS)
    mel = library.get_mel_spectrogram(spectrogram, SAMPLING_RATE, WINDOW_MS, M=BANDS)
    return np.asarray(library.get_mfccs(mel), dtype=np.float64)


def warping_path(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.int64]:
    """The exact dynamic-time-warping path between two sequences of columns, shape (p, 2), rising."""
    _, path = LIBROSA.load("Alignment").sequence.dtw(one, other, metric="euclidean")
    return np.asarray(path[::-1], dtype=np.int64)


def align(reference: Samples, other: Samples) -> Alignment:
    """Warp `other` onto `reference` and measure what is left between them.

    Raises:
        QualityError: when either is silent or too short.
    """
    one = cepstra(reference, "reference")[:COEFFICIENTS]
    two = cepstra(other, "variant")[:COEFFICIENTS]
    path = warping_path(one, two)
    raw, _ = CEPSTRA.load("MCD").compare_mfccs(
        one[:, path[:, 0]], two[:, path[:, 1]], s=0, D=COEFFICIENTS, aligning="pad"
    )
    return Alignment(path, float(raw) * TO_DECIBEL)


def against_baseline(subject: Subject) -> Alignment:
    """The utterance on the baseline's time; ask for it through `Subject.shared`."""
    return align(given(subject.baseline, "baseline"), subject.samples)


METRICS = (
    Metric(
        name="mcd",
        label="MCD against baseline, DTW-aligned",
        unit="dB",
        better="lower",
        about="Mel-cepstral distance, c1 to c13, of the free runs after exact time warping.",
        measure=lambda subject: subject.shared(against_baseline).distance_db,
        needs=frozenset({Need.BASELINE}),
        libraries=WARPING,
        swept=True,
    ),
)
RECORDING_METRICS = (
    Metric(
        name="mcd-recording",
        label="MCD against recordings, DTW-aligned",
        unit="dB",
        better="lower",
        about="Mel-cepstral distance to the recording after exact time warping.",
        measure=lambda subject: align(subject.recorded, subject.samples).distance_db,
        needs=frozenset({Need.RECORDING}),
        libraries=WARPING,
    ),
)
