"""What a shard of an evaluation or a sweep writes beside its rows: which part it is, and of what.

It holds all that the merged summary says beside the rows, so that merging needs neither checkpoint nor libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity
from speecht5_demo.results.evaluation import EvaluationSettings
from speecht5_demo.results.sweep import PointLatency
from speecht5_demo.sizes import Sizes


@dataclass(frozen=True)
class Outline:
    """An evaluation without its rows.

    Attributes:
        checkpoint: which voice.
        settings: what is measured.
        labels: title of each variant by its name, the baseline first.
        numbers: of the sentences.
        floors: the pseudo-variants.
        left_out: metric -> why it is not attempted.
    """

    checkpoint: CheckpointIdentity
    settings: EvaluationSettings
    labels: dict[str, str]
    numbers: tuple[int, ...]
    floors: tuple[str, ...]
    left_out: dict[str, str]

    @property
    def places(self) -> list[tuple[int, str]]:
        """Every (sentence, speaker) that is spoken, in order."""
        return [(number, speaker) for number in self.numbers for speaker in self.settings.speakers]


@dataclass(frozen=True)
class SweepOutline:
    """The points of a sweep.

    Attributes:
        amounts: share of the weights that is set to zero, one a point.
        int8: whether they are quantised after pruning.
        repeats: timed runs of each point.
        exclude: name patterns of layers that are left alone.
    """

    amounts: tuple[float, ...]
    int8: bool
    repeats: int
    exclude: tuple[str, ...]


@dataclass(frozen=True)
class PointTimes:
    """Time and size of one point's variant.

    Attributes:
        latency_s: of the first sentence.
        audio_seconds: its length.
        sizes: bytes and counts.
    """

    latency_s: PointLatency
    audio_seconds: float
    sizes: Sizes


@dataclass(frozen=True)
class SweepTimes:
    """Time and size of every point, measured by one process alone.

    Attributes:
        variants: by name.
        core_share: how much of a core that process had meanwhile.
    """

    variants: dict[str, PointTimes]
    core_share: float


@dataclass(frozen=True)
class EvaluationShard:
    """The `shard.json` of a folder.

    Attributes:
        number, of: which shard.
        complete: whether all its rows are there.
        machine: where it ran.
        versions: of the measuring libraries.
        outline: of the whole evaluation, the same in every shard.
        sweep: where it is a sweep.
        times: of the sweep's points; only the first shard measures them.
    """

    KIND: ClassVar[str] = "evaluation-shard"
    COMMAND: ClassVar[str] = "python -m speecht5_demo evaluate --shard K/N -o FOLDER"

    number: int
    of: int
    complete: bool
    machine: Machine
    versions: dict[str, str]
    outline: Outline
    sweep: SweepOutline | None = None
    times: SweepTimes | None = None
