"""What `python -m benchmarks.distributed` writes: an evaluation by local processes and by Ray, in turn."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity


@dataclass(frozen=True)
class DistributedRun:
    """One whole command.

    Attributes:
        engine: local or ray.
        wall_s: from its start to its end.
        steady_s: from the first utterance that was done to the last.
        cpu_s: of all its processes, Ray's own among them.
        load: the machine's load average of the last minute when it began; above its cores, others wanted them too.
    """

    engine: str
    wall_s: float
    steady_s: float
    cpu_s: float
    load: float


@dataclass(frozen=True)
class DistributedDocument:
    """Runs in pairs, the local one first.

    Attributes:
        created: UTC, ISO 8601.
        machine: where.
        checkpoint: which voice.
        variants, metrics: names.
        sentences, speakers: how many.
        workers: of each run, one thread each.
        utterances: of each run, all variants and floors.
        audio_seconds: mean length of an utterance of the baseline.
        baseline_bytes: mean size of what is kept and sent of an utterance of the baseline.
        rows_bytes: size of the rows of one utterance of all variants.
        runs: in the order they ran.
    """

    KIND: ClassVar[str] = "distributed"
    COMMAND: ClassVar[str] = "python -m benchmarks.distributed --json results/distributed.json"

    created: str
    machine: Machine
    checkpoint: CheckpointIdentity
    variants: tuple[str, ...]
    metrics: tuple[str, ...]
    sentences: int
    speakers: int
    workers: int
    utterances: int
    audio_seconds: float
    baseline_bytes: float
    rows_bytes: float
    runs: tuple[DistributedRun, ...]

    def of(self, engine: str) -> tuple[DistributedRun, ...]:
        """The runs of one engine."""
        return tuple(run for run in self.runs if run.engine == engine)

    def overhead(self, field: str) -> float:
        """Median over the pairs of how much more of something Ray took, as a share."""
        pairs = zip(self.of("local"), self.of("ray"), strict=True)
        return float(median(getattr(ray, field) / getattr(local, field) for local, ray in pairs)) - 1

    @property
    def cpu_s_per_utterance(self) -> float:
        """Processor seconds that speaking and measuring one utterance took, the start of all processes included."""
        return median(run.cpu_s for run in self.of("local")) / self.utterances
