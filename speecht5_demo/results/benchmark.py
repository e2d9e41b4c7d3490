"""What `benchmark` writes: time, size and memory of variants, and of other engines, from one interleaved run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity
from speecht5_demo.sizes import Sizes


@dataclass(frozen=True)
class Spread:
    """A median and its surroundings; timings are skewed, so means and standard deviations would mislead.

    Attributes:
        median: of the rounds.
        p10, p90: 10th and 90th percentile of the rounds.
        n: rounds.
    """

    median: float
    p10: float
    p90: float
    n: int


@dataclass(frozen=True)
class Stages:
    """Median seconds of one utterance by stage.

    Attributes:
        encode: text encoder.
        decode: decoder loop and postnet.
        vocode: vocoder.
    """

    encode: float
    decode: float
    vocode: float


@dataclass(frozen=True)
class BatchPoint:
    """Throughput at one batch size.

    Attributes:
        size: utterances at once.
        rtf: seconds of computing a second of audio.
        acoustic_rtf: the same without the vocoder, which does not batch.
    """

    size: int
    rtf: float
    acoustic_rtf: float


@dataclass(frozen=True)
class LengthPoint:
    """The cost of one text length.

    Attributes:
        characters, steps: of the text and of its speech.
        total_s: seconds of the better of two runs.
        rtf: seconds of computing a second of audio.
        ms_per_step: milliseconds of one decoder step.
        attention_ms_per_step: of it in attention; None where the engine does not tell.
    """

    characters: int
    steps: int
    total_s: float
    rtf: float
    ms_per_step: float
    attention_ms_per_step: float | None


@dataclass(frozen=True)
class Timings:
    """What one variant or engine took, whoever made it.

    Attributes:
        variant: a variant's name, or a peer's.
        rtf: seconds of computing a second of audio, vocoder included.
        latency_s: seconds of one utterance.
        times_faster: baseline's seconds over this one's, round by round; below 1 is slower.
        ms_per_step: median milliseconds of one decoder step.
        stages: where the time went.
        serving_rss_bytes: the most memory its process ever held, start included.
        cold_start_s: seconds from starting the process until it had spoken a first short utterance.
    """

    variant: str
    rtf: Spread
    latency_s: Spread
    times_faster: Spread
    ms_per_step: float
    stages: Stages
    serving_rss_bytes: int
    cold_start_s: float


@dataclass(frozen=True)
class VariantRow(Timings):
    """A variant of ours.

    Attributes:
        ttfa_s: seconds until the first samples can be played, text encoding included.
        first_audio_s: seconds of audio that are there then.
        sizes: bytes and parameters.
        kernels: what computes: `transformers`, `C++`, or `PyTorch` and why not C++.
        batch: by batch size; empty where it cannot batch.
        length: by length of the text.
    """

    ttfa_s: float
    first_audio_s: float
    sizes: Sizes
    kernels: str
    batch: tuple[BatchPoint, ...]
    length: tuple[LengthPoint, ...]

    @property
    def disk_bytes(self) -> int | None:
        """Bytes of its saved weights."""
        return self.sizes.disk_bytes


@dataclass(frozen=True)
class PeerRow(Timings):
    """Another engine.

    Attributes:
        versions: of its packages.
        disk_bytes: of its weights; None where it does not tell.
        note: how it computes.
    """

    versions: dict[str, str]
    disk_bytes: int | None
    note: str


@dataclass(frozen=True)
class BenchmarkSettings:
    """What was timed.

    Attributes:
        characters, steps: of the sentence; every variant makes exactly so many steps.
        audio_s: seconds of speech that come of it.
        repeats: interleaved rounds.
        threads: of every process, each pinned to as many processors.
        baseline: the variant that the others are compared with.
        level: the instruction set of our kernels, as `SPEECHT5_DEMO_KERNELS` names it; empty: none, or not told.
        held: whether that is less than the processor has, and libraries were held to it where they can be.
        every_library_held: whether the processor itself told all of them no more; else those that can be told.
    """

    characters: int
    steps: int
    audio_s: float
    repeats: int
    threads: int
    baseline: str
    level: str = ""
    held: bool = False
    every_library_held: bool = False


@dataclass(frozen=True)
class BenchmarkDocument:
    """One benchmark.

    Attributes:
        created: UTC, ISO 8601.
        version: of this package.
        machine: where.
        checkpoint: of which voice.
        settings: of what.
        rows: our variants, the baseline first.
        peers: other engines, timed in the same rounds.
    """

    KIND: ClassVar[str] = "benchmark"
    COMMAND: ClassVar[str] = "python -m speecht5_demo benchmark --json FILE"

    created: str
    version: str
    machine: Machine
    checkpoint: CheckpointIdentity
    settings: BenchmarkSettings
    rows: tuple[VariantRow, ...]
    peers: tuple[PeerRow, ...]

    @property
    def all_rows(self) -> tuple[VariantRow | PeerRow, ...]:
        """Variants, then peers."""
        return (*self.rows, *self.peers)
