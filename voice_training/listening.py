"""What a recogniser and a predicted listener make of many utterances, on as many cores as there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from speecht5_demo.quality.metrics import require
from speecht5_demo.quality.metrics.predicted import predicted_mos
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.recognisers import OFFLINE, PocketSphinx
from speecht5_demo.quality.signals import SILENCE_PEAK
from voice_training.processes import in_processes

_WORST_OPINION = 1.0


@dataclass(frozen=True)
class Heard:
    """How one utterance was heard.

    Attributes:
        errors: substituted, left out and added words. words: how many were to be said.
        predicted_mos: DNSMOS P.808, 1 to 5; None where it was not asked for.
    """

    errors: float
    words: int
    predicted_mos: float | None


def error_rate(heard: Sequence[Heard]) -> float:
    """Word error rate over all utterances; above 1 where more was heard than said."""
    return sum(one.errors for one in heard) / sum(one.words for one in heard)


def mean_opinion(heard: Sequence[Heard]) -> float | None:
    """Mean predicted MOS, or None where it was not asked for."""
    scores = [one.predicted_mos for one in heard if one.predicted_mos is not None]
    return float(np.mean(scores)) if scores else None


@dataclass(frozen=True)
class _Job:
    text: str
    samples: npt.NDArray[np.float32]
    with_mos: bool


@cache
def _recogniser() -> PocketSphinx:
    return PocketSphinx()


def _hear(job: _Job) -> Heard:
    found = word_errors(job.text, _recogniser().transcribe(job.samples))
    return Heard(
        errors=found.wer * found.words,
        words=found.words,
        predicted_mos=_opinion(job.samples) if job.with_mos else None,
    )


def _opinion(samples: npt.NDArray[np.float32]) -> float:
    """Predicted MOS; silence, which the network refuses, is the worst."""
    return predicted_mos(samples) if np.abs(samples).max() >= SILENCE_PEAK else _WORST_OPINION


def require_libraries(with_mos: bool) -> None:
    """Fail now, not after hours of training.

    Raises:
        QualityError: when a measuring library is not installed.
    """
    require(("wer", "predicted-mos") if with_mos else ("wer",), OFFLINE)


def hear_all(
    utterances: Sequence[tuple[str, npt.NDArray[np.float32]]], with_mos: bool, workers: int
) -> list[Heard]:
    """How each (text, speech at 16 kHz) is heard, in order.

    Raises:
        QualityError: when a measuring library is not installed.
    """
    jobs = [_Job(text, samples, with_mos) for text, samples in utterances]
    return list(in_processes(_hear, jobs, min(workers, len(jobs) // 8)))
