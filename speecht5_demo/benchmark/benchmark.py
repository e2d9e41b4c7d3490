"""The paired benchmark: every variant in its own process, their runs taken in turn.

A shared machine is faster in one minute than in the next. So each round times every variant once, ratios are formed
within a round, and medians with their 10th and 90th percentiles are what is reported.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from speecht5_demo import __version__
from speecht5_demo.benchmark.lengths import LengthJob, length_point, measure_lengths
from speecht5_demo.benchmark.peer_settings import Chosen, Peer, fastest
from speecht5_demo.benchmark.processes import BenchmarkError, Worker, variant_worker, workers
from speecht5_demo.benchmark.protocol import Batch, Contents, FirstAudio, Utterance
from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.distributed import Executor
from speecht5_demo.machine import this_machine
from speecht5_demo.results import (
    BatchPoint,
    BenchmarkDocument,
    BenchmarkSettings,
    CheckpointIdentity,
    PeerRow,
    Spread,
    Stages,
    Timings,
    VariantRow,
    now,
)
from speecht5_demo.sizes import Sizes
from speecht5_demo.variants import find

Say = Callable[[str], None]


@dataclass(frozen=True)
class BenchmarkPlan:
    """What is measured.

    Attributes:
        checkpoint: what `open_checkpoint` takes.
        variants: names; the first is what the others are compared with.
        threads: of every process, each pinned to as many processors.
        repeats: rounds.
        characters, steps: of the sentence that is timed; every variant makes exactly so many steps.
        batches: batch sizes of the batch curve.
        lengths: (characters, steps) pairs of the cost against length; the better of two runs counts.
        artifacts: folder where turbo variants are saved, to start from.
        level: instruction set of our kernels. held: whether every process is held to it.
        every_library_held: as in `BenchmarkSettings`.
    """

    checkpoint: str
    variants: tuple[str, ...]
    artifacts: Path
    threads: int = 1
    repeats: int = 7
    characters: int = 80
    steps: int = 150
    batches: tuple[int, ...] = (1, 4, 16)
    lengths: tuple[tuple[int, int], ...] = ((20, 42), (60, 125), (120, 250), (250, 520), (500, 800))
    level: str = ""
    held: bool = False
    every_library_held: bool = False


def run_benchmark(
    plan: BenchmarkPlan, peers: Sequence[Peer] = (), say: Say = print, executor: Executor | None = None
) -> BenchmarkDocument:
    """Measure everything that is planned.

    Args:
        plan: what is measured.
        peers: other engines.
        say: told what is under way.
        executor: measures the cost against length, when all else is done; None measures it in this machine's processes.

    Raises:
        VariantError: a variant is unknown.
        BenchmarkError: a process failed.
    """
    if not plan.variants or plan.repeats < 1:
        raise BenchmarkError("Nothing to measure: name at least one variant and one repeat.")
    recipes = [find(name) for name in plan.variants]
    for recipe in recipes:
        if recipe.streams:
            say(f"saving {recipe.name}")
            _save(plan, recipe.name)
    identity = CheckpointIdentity.of(open_checkpoint(plan.checkpoint))
    chosen = [fastest(peer, plan.characters, plan.steps, say) for peer in peers]
    with workers() as started:
        for name in plan.variants:
            say(f"starting {name}")
            started.append(variant_worker(plan.checkpoint, name, plan.threads, str(plan.artifacts)))
        ours = list(started)
        for peer in chosen:
            say(f"starting {peer.name}")
            started.append(peer.start(peer.name))
        streaming = {recipe.name for recipe in recipes if recipe.streams}
        rounds, firsts = _rounds(plan, started, streaming, say)
        rows = [_row(plan, worker, rounds, firsts, say, here=executor is None) for worker in ours]
        others = [
            _peer_row(worker, peer, rounds, started[0].name)
            for worker, peer in zip(started[len(ours) :], chosen, strict=True)
        ]
    if executor is not None and plan.lengths:
        say("cost against length")
        job = LengthJob(plan.checkpoint, plan.threads, str(plan.artifacts))
        curves = measure_lengths(job, plan.variants, plan.lengths, executor)
        rows = [replace(row, length=curves[row.variant]) for row in rows]
    settings = BenchmarkSettings(
        characters=plan.characters,
        steps=plan.steps,
        audio_s=rounds[plan.variants[0]][0].audio_s,
        repeats=plan.repeats,
        threads=plan.threads,
        baseline=plan.variants[0],
        level=plan.level,
        held=plan.held,
        every_library_held=plan.every_library_held,
    )
    machine = replace(this_machine(), threads=plan.threads)
    return BenchmarkDocument(now(), __version__, machine, identity, settings, tuple(rows), tuple(others))


def _save(plan: BenchmarkPlan, name: str) -> None:
    command = [sys.executable, "-m", "speecht5_demo", "variants", "build", name]
    command += ["--checkpoint", plan.checkpoint, "--output", str(plan.artifacts), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"{name} could not be saved: {done.stderr.strip().splitlines()[-1]}")


Rounds = dict[str, list[Utterance]]
Firsts = dict[str, list[FirstAudio]]


def _rounds(
    plan: BenchmarkPlan, started: list[Worker], streaming: Collection[str], say: Say
) -> tuple[Rounds, Firsts]:
    """Every worker's answers, round by round, and the first audio of those that stream; a first round only warms up."""
    rounds: Rounds = {worker.name: [] for worker in started}
    firsts: Firsts = {worker.name: [] for worker in started}
    for number in range(plan.repeats + 1):
        for worker in started:
            answer = worker.ask(Utterance, "speak", characters=plan.characters, steps=plan.steps)
            if number:
                rounds[worker.name].append(answer)
            if number and worker.name in streaming:
                firsts[worker.name].append(_first_audio(plan, worker))
        if number:
            say(f"round {number} of {plan.repeats}")
    return rounds, firsts


def _first_audio(plan: BenchmarkPlan, worker: Worker) -> FirstAudio:
    return worker.ask(FirstAudio, "first_audio", characters=plan.characters, steps=plan.steps)


def _timed(worker: Worker, answers: list[Utterance], baseline: list[Utterance]) -> Timings:
    totals = [answer.total_s for answer in answers]
    return Timings(
        variant=worker.name,
        rtf=spread([answer.total_s / answer.audio_s for answer in answers]),
        latency_s=spread(totals),
        times_faster=paired_ratio([answer.total_s for answer in baseline], totals),
        ms_per_step=median(1e3 * answer.decode_s / answer.steps for answer in answers),
        stages=Stages(
            encode=median(answer.encode_s for answer in answers),
            decode=median(answer.decode_s for answer in answers),
            vocode=median(answer.vocode_s for answer in answers),
        ),
        serving_rss_bytes=max(answer.peak_rss_bytes for answer in answers),
        cold_start_s=worker.cold_start_s,
    )


def _row(
    plan: BenchmarkPlan, worker: Worker, rounds: Rounds, firsts: Firsts, say: Say, here: bool
) -> VariantRow:
    """Everything of one variant; its length curve only where it is measured `here`."""
    say(f"details of {worker.name}")
    first = firsts[worker.name] or [_first_audio(plan, worker) for _ in range(3)]
    contents = worker.ask(Contents, "contents")
    return VariantRow(
        **vars(_timed(worker, rounds[worker.name], rounds[plan.variants[0]])),
        ttfa_s=median(answer.ttfa_s for answer in first),
        first_audio_s=first[0].first_audio_s,
        sizes=Sizes(**contents.sizes),
        kernels=contents.kernels,
        batch=_batches(plan, worker),
        length=tuple(length_point(worker, *pair) for pair in plan.lengths) if here else (),
    )


def _peer_row(worker: Worker, peer: Chosen, rounds: Rounds, baseline: str) -> PeerRow:
    ready = worker.ready
    timed = _timed(worker, rounds[worker.name], rounds[baseline])
    return PeerRow(
        **vars(timed),
        versions=ready.versions,
        disk_bytes=ready.disk_bytes,
        note=f"{ready.note}; {peer.setting}",
    )


def _batches(plan: BenchmarkPlan, worker: Worker) -> tuple[BatchPoint, ...]:
    curve = []
    for size in plan.batches:
        request = {"characters": plan.characters, "steps": plan.steps, "size": size}
        runs = [worker.ask(Batch, "batch", **request) for _ in range(2)]
        totals = [(run.total_s, run) for run in runs if run.total_s is not None]
        if not totals:
            return ()
        total, best = min(totals, key=lambda each: each[0])
        curve.append(BatchPoint(size, total / best.audio_s, (total - best.vocode_s) / best.audio_s))
    return tuple(curve)


def spread(values: Sequence[float]) -> Spread:
    """Median, 10th and 90th percentile (linear interpolation), and how many there are; at least one."""
    low, middle, high = np.percentile(np.asarray(values, dtype=np.float64), [10, 50, 90])
    return Spread(float(middle), float(low), float(high), len(values))


def paired_ratio(baseline: Sequence[float], other: Sequence[float]) -> Spread:
    """How many times faster than the baseline, round by round: what slows a round slows both halves of its ratio."""
    return spread([first / second for first, second in zip(baseline, other, strict=True)])
