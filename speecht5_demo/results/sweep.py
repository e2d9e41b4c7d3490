"""What `evaluate sweep` writes: quality, time and size over the amount of pruning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity
from speecht5_demo.results.evaluation import Entry, EvaluationSettings, MetricInfo
from speecht5_demo.sizes import Sizes

ALONE = 0.9
"""Share of a core below which a time says more about other programs."""


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
        floors: how small a figure can get here: what the recogniser makes of the voice's teacher, and the baseline
            under another seed.
        core_share: of the time of the timed runs, how much of it they had a processor core; None where nobody looked.
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
    floors: tuple[Entry, ...] = ()
    core_share: float | None = None

    @property
    def timed_alone(self) -> bool:
        """Whether times are those of the voice, and not of the programs that ran beside."""
        return self.core_share is None or self.core_share >= ALONE

    def floors_of(self, metric: str) -> tuple[Entry, ...]:
        """The floors that have a value of a metric."""
        return tuple(one for one in self.floors if one.metric == metric and one.mean is not None)

    @property
    def int8(self) -> bool:
        """Whether its points are quantised after pruning."""
        return self.points[-1].int8
