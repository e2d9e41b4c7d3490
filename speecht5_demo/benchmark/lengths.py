"""The cost against length, measured by the workers of an executor: it takes the longest, and points need no company.

Rounds are interleaved on one machine, because variants are compared there; a point of a length curve is compared with
the other points of its own variant, so that each may be measured wherever a processor of the same kind is free.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from speecht5_demo.benchmark.processes import BenchmarkError, Worker, variant_worker
from speecht5_demo.benchmark.protocol import Utterance
from speecht5_demo.distributed import Executor
from speecht5_demo.machine import cpu_model
from speecht5_demo.results import LengthPoint

RUNS = 2
"""The better one counts."""


@dataclass(frozen=True)
class LengthItem:
    """One point: a variant speaks so many characters in so many steps."""

    variant: str
    characters: int
    steps: int


@dataclass(frozen=True)
class Measured:
    """A point, and the processor that it was measured on."""

    point: LengthPoint
    processor: str


@dataclass(frozen=True)
class LengthJob:
    """The job of a length curve.

    Attributes:
        checkpoint: what `open_checkpoint` takes.
        threads: of the process that speaks.
        artifacts: folder where turbo variants are saved; a machine that does not have it builds them.
    """

    checkpoint: str
    threads: int
    artifacts: str

    def open(self) -> Callable[[LengthItem], Iterator[Measured]]:
        """Take processors that no other worker of this machine measures on."""
        return _Measuring(self, claim_processors(self.threads)).measure


@dataclass
class _Measuring:
    """The variant under way, in a process of its own."""

    job: LengthJob
    claims: list[int]
    worker: Worker | None = field(default=None)

    def measure(self, item: LengthItem) -> Iterator[Measured]:
        if self.worker is None or self.worker.name != item.variant:
            if self.worker is not None:
                self.worker.close()
            self.worker = variant_worker(
                self.job.checkpoint, item.variant, self.job.threads, self.job.artifacts
            )
        yield Measured(length_point(self.worker, item.characters, item.steps), cpu_model())


def measure_lengths(
    job: LengthJob, variants: Sequence[str], lengths: Sequence[tuple[int, int]], executor: Executor
) -> dict[str, tuple[LengthPoint, ...]]:
    """The length curve of every variant.

    Raises:
        BenchmarkError: a worker was lost for good, or has another processor than this machine.
    """
    items = [LengthItem(variant, *pair) for variant in variants for pair in lengths]
    found: dict[LengthItem, LengthPoint] = {}
    with executor.start(job) as workers:
        for outcome in workers.do(items):
            if outcome.lost:
                raise BenchmarkError(
                    f"{outcome.item.variant} at {outcome.item.steps} steps was not measured: {outcome.lost}. "
                    "Measure again, or leave the variant out."
                )
            for measured in outcome.results:
                if measured.processor != cpu_model():
                    raise BenchmarkError(
                        f"A worker has another processor ({measured.processor}) than this machine ({cpu_model()}). "
                        "The figures of one table are of one kind: measure on machines alike."
                    )
                found[outcome.item] = measured.point
    return {name: tuple(found[item] for item in items if item.variant == name) for name in variants}


def length_point(worker: Worker, characters: int, steps: int) -> LengthPoint:
    """The better of some runs."""
    runs = [worker.ask(Utterance, "speak", characters=characters, steps=steps) for _ in range(RUNS)]
    answer = min(runs, key=lambda run: run.total_s)
    attention = answer.attention_s
    return LengthPoint(
        characters=characters,
        steps=steps,
        total_s=answer.total_s,
        rtf=answer.total_s / answer.audio_s,
        ms_per_step=1e3 * answer.decode_s / answer.steps,
        attention_ms_per_step=None if attention is None else 1e3 * attention / answer.steps,
    )


def claim_processors(wanted: int, folder: Path | None = None) -> list[int]:
    """Keep this process, and those it starts, on processors that no other worker of this machine has claimed.

    The claim goes with the process. Where fewer are free than wanted, the process stays where it may run.
    """
    if not hasattr(os, "sched_getaffinity"):
        return []
    place = folder or Path(tempfile.gettempdir())
    claimed: dict[int, int] = {}
    for processor in sorted(os.sched_getaffinity(0), reverse=True):
        if len(claimed) == wanted:
            break
        with suppress(OSError):  # another user's file
            claim = os.open(place / f"speecht5-demo-processor-{processor}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                claimed[processor] = claim
            except BlockingIOError:
                os.close(claim)
    if len(claimed) == wanted:
        os.sched_setaffinity(0, claimed)
    return list(claimed.values())
