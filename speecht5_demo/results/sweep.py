"""What `evaluate sweep` writes: quality, time and size over the amount of pruning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity
from speecht5_demo.results.evaluation import Entry, EvaluationSettings, MetricInfo
from speecht5_demo.sizes import Sizes


@dataclass(frozen=True)
class PointLatency:
    """Seconds of the first sentence.

    Attributes:
        median, p90: of the runs.
        runs: in the order they ran.
    """

    median: float
    p90: float
    runs: tuple[float, ...]


@dataclass(frozen=True)
class SweepPoint:
    """One amount of pruning.

    Attributes:
        amount: share of the weights of each pruned layer that is set to zero.
        int8: whether it was quantised after pruning.
        variant, label: name and title.
        quality: metric -> figure over all speakers.
        latency_s: of the first sentence.
        rtf: seconds of computing a second of audio.
        audio_seconds: length of the first sentence.
        sizes: bytes and counts.
        audio: speaker -> path of the first sentence, within the sweep's folder.
    """

    amount: float
    int8: bool
    variant: str
    label: str
    quality: dict[str, Entry]
    latency_s: PointLatency
    rtf: float
    audio_seconds: float
    sizes: Sizes
    audio: dict[str, str]

    def mean(self, metric: str) -> float | None:
        """A metric's mean, None where there is none."""
        found = self.quality.get(metric)
        return None if found is None else found.mean


@dataclass(frozen=True)
class SweepDocument:
    """One sweep.

    Attributes:
        created: UTC, ISO 8601.
        machine: where.
        checkpoint: which voice.
        settings: of the evaluation behind it.
        metrics: those that were measured, in the order of the tables.
        repeats: timed runs of each point.
        exclude: name patterns of layers that were left alone.
        points: by amount.
        breaks_at: the smallest amount at which the voice is broken, None where it holds to the end.
        rule: when a voice counts as broken, in words.
    """

    KIND: ClassVar[str] = "sweep"
    COMMAND: ClassVar[str] = "python -m speecht5_demo evaluate sweep -o FOLDER"

    created: str
    machine: Machine
    checkpoint: CheckpointIdentity
    settings: EvaluationSettings
    metrics: tuple[MetricInfo, ...]
    repeats: int
    exclude: tuple[str, ...]
    points: tuple[SweepPoint, ...]
    breaks_at: float | None
    rule: str

    @property
    def int8(self) -> bool:
        """Whether its points are quantised after pruning."""
        return self.points[-1].int8
