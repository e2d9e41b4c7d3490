"""The metrics of an evaluation, in the order of its tables. A new one is a `Metric` in one of these modules."""

from __future__ import annotations

from collections.abc import Iterable

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library, versions
from speecht5_demo.quality.metrics import (
    attention,
    cepstra,
    perceptual,
    pitch,
    predicted,
    run,
    similarity,
    words,
)
from speecht5_demo.quality.metrics.metric import Better, Measured, Metric, Need
from speecht5_demo.quality.recognisers import RECOGNISER_LIBRARIES, recogniser_libraries
from speecht5_demo.quality.speaker_models import OFFLINE_SPEAKERS, RESEMBLYZER, speaker_libraries

__all__ = [
    "BY_NAME",
    "METRICS",
    "SWEPT",
    "Better",
    "Measured",
    "Metric",
    "Need",
    "choose",
    "libraries",
    "library_versions",
    "require",
    "unavailable",
]

METRICS: tuple[Metric, ...] = (
    *words.METRICS,
    *perceptual.METRICS,
    *cepstra.METRICS,
    *pitch.METRICS,
    *run.METRICS,
    *attention.METRICS,
    *predicted.METRICS,
    *similarity.METRICS,
    *perceptual.RECORDING_METRICS,
    *cepstra.RECORDING_METRICS,
)
BY_NAME = {metric.name: metric for metric in METRICS}
SWEPT = tuple(metric.name for metric in METRICS if metric.swept)
"""What a sweep over amounts of pruning measures by default."""


def choose(names: Iterable[str], recordings: bool) -> tuple[str, ...]:
    """Names of the metrics to compute, in their own order; `all` stands for what the options allow.

    Raises:
        QualityError: when a name is unknown or needs an option that is absent.
    """
    wanted = {name.strip() for name in names if name.strip()}
    unknown = wanted - BY_NAME.keys() - {"all"}
    if unknown:
        raise QualityError(f"No metric {', '.join(sorted(unknown))}. Choose from: all, {', '.join(BY_NAME)}.")
    possible = {metric.name for metric in METRICS if recordings or not metric.optional}
    if "all" in wanted or not wanted:
        wanted = possible
    missing = wanted - possible
    if missing:
        raise QualityError(f"{', '.join(sorted(missing))}: give natural recordings with --references FOLDER.")
    return tuple(metric.name for metric in METRICS if metric.name in wanted)


def libraries(metric: Metric, asr: str, speaker_model: str = OFFLINE_SPEAKERS) -> tuple[Library, ...]:
    """What a metric imports, with this recogniser and this speaker model."""
    needed = list(metric.libraries)
    if Need.RECOGNISER in metric.needs:
        needed += recogniser_libraries(asr)
    if Need.SPEAKER_MODEL in metric.needs:
        needed += speaker_libraries(speaker_model)
    return tuple(needed)


def unavailable(metrics: Iterable[str], asr: str, speaker_model: str = OFFLINE_SPEAKERS) -> dict[str, str]:
    """The metrics whose library is absent, each with how to get it."""
    found = {}
    for name in metrics:
        metric = BY_NAME[name]
        try:
            for library in libraries(metric, asr, speaker_model):
                library.load(metric.label)
        except QualityError as error:
            found[name] = str(error)
    return found


def require(metrics: Iterable[str], asr: str) -> None:
    """Fail now, not after hours of work.

    Raises:
        QualityError: when the library of a metric is absent; the first of them.
    """
    for reason in unavailable(metrics, asr).values():
        raise QualityError(reason)


def library_versions() -> dict[str, str]:
    """The version of every measuring library that is installed, by what pip calls it."""
    used = [library for metric in METRICS for library in metric.libraries]
    return versions([*used, *RECOGNISER_LIBRARIES, RESEMBLYZER])
