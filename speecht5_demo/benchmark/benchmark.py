"""The paired benchmark: every variant in its own process, their runs taken in turn.

A shared machine is faster in one minute than in the next. So each round times every variant once, ratios are formed
within a round, and medians with their 10th and 90th percentiles are what is reported.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from speecht5_demo import __version__
from speecht5_demo.benchmark.processes import BenchmarkError, Worker, variant_worker, workers
from speecht5_demo.benchmark.spread import paired_ratio, spread
from speecht5_demo.machine import this_machine
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


def run_benchmark(
    plan: BenchmarkPlan, peers: Sequence[Callable[[], Worker]] = (), say: Say = print
) -> dict[str, Any]:
    """Measure, and return the document that `--json` writes.

    Raises:
        VariantError: a variant is unknown.
        BenchmarkError: a process failed.
    """
    if not plan.variants or plan.repeats < 1:
        raise BenchmarkError("Nothing to measure: name at least one variant and one repeat.")
    recipes = [find(name) for name in plan.variants]
    for recipe in recipes:
        if recipe.turbo is not None:
            say(f"saving {recipe.name}")
            _save(plan, recipe.name)
    with workers([]) as started:
        for name in plan.variants:
            say(f"starting {name}")
            started.append(variant_worker(plan.checkpoint, name, plan.threads, str(plan.artifacts)))
        ours = list(started)
        for make in peers:
            started.append(make())
            say(f"started {started[-1].name}")
        rounds = _rounds(plan, started, say)
        rows = [_row(plan, worker, rounds, say) for worker in ours]
        others = [_peer_row(worker, rounds, started[0].name) for worker in started[len(ours) :]]
    return {
        "machine": asdict(this_machine()) | {"threads": plan.threads},
        "version": __version__,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "checkpoint": plan.checkpoint,
        "settings": {
            "characters": plan.characters,
            "steps": plan.steps,
            "audio_s": rounds[plan.variants[0]][0]["audio_s"],
            "repeats": plan.repeats,
            "threads": plan.threads,
            "baseline": plan.variants[0],
        },
        "rows": rows,
        "peers": others,
    }


def _save(plan: BenchmarkPlan, name: str) -> None:
    command = [sys.executable, "-m", "speecht5_demo", "variants", "build", name]
    command += ["--checkpoint", plan.checkpoint, "--output", str(plan.artifacts), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"{name} could not be saved: {done.stderr.strip().splitlines()[-1]}")


Rounds = dict[str, list[dict[str, Any]]]


def _rounds(plan: BenchmarkPlan, started: list[Worker], say: Say) -> Rounds:
    """Every worker's answers, round by round; a first round only warms up."""
    rounds: Rounds = {worker.name: [] for worker in started}
    for number in range(plan.repeats + 1):
        for worker in started:
            answer = worker.ask("speak", characters=plan.characters, steps=plan.steps)
            if number:
                rounds[worker.name].append(answer)
        if number:
            say(f"round {number} of {plan.repeats}")
    return rounds


def _row(plan: BenchmarkPlan, worker: Worker, rounds: Rounds, say: Say) -> dict[str, Any]:
    say(f"details of {worker.name}")
    answers = rounds[worker.name]
    first = [worker.ask("first_audio", characters=plan.characters, steps=plan.steps) for _ in range(3)]
    return {
        "variant": worker.name,
        **_figures(answers, rounds[plan.variants[0]]),
        "ttfa_s": median(answer["ttfa_s"] for answer in first),
        "first_audio_s": first[0]["first_audio_s"],
        **worker.ask("sizes"),
        "serving_rss_bytes": max(answer["peak_rss_bytes"] for answer in answers),
        "cold_start_s": worker.cold_start_s,
        "batch": _batches(plan, worker),
        "length": _lengths(plan, worker),
    }


def _figures(answers: list[dict[str, Any]], baseline: list[dict[str, Any]]) -> dict[str, Any]:
    totals = [answer["total_s"] for answer in answers]
    return {
        "rtf": spread([answer["total_s"] / answer["audio_s"] for answer in answers]),
        "latency_s": spread(totals),
        "ratio_to_baseline": paired_ratio([answer["total_s"] for answer in baseline], totals),
        "ms_per_step": 1e3 * median(answer["decode_s"] / answer["steps"] for answer in answers),
        "stages": {
            stage: median(answer[f"{stage}_s"] for answer in answers)
            for stage in ("encode", "decode", "vocode")
        },
    }


def _peer_row(worker: Worker, rounds: Rounds, baseline: str) -> dict[str, Any]:
    answers = rounds[worker.name]
    return {
        "variant": worker.name,
        **_figures(answers, rounds[baseline]),
        "serving_rss_bytes": max(answer["peak_rss_bytes"] for answer in answers),
        "cold_start_s": worker.cold_start_s,
        "versions": worker.ready.get("versions", {}),
        "disk_bytes": worker.ready.get("disk_bytes"),
        "note": worker.ready.get("note", ""),
    }


def _batches(plan: BenchmarkPlan, worker: Worker) -> list[dict[str, float]]:
    curve: list[dict[str, float]] = []
    for size in plan.batches:
        runs = [
            worker.ask("batch", characters=plan.characters, steps=plan.steps, size=size) for _ in range(2)
        ]
        if runs[0]["total_s"] is None:
            return []
        best = min(runs, key=lambda run: float(run["total_s"]))
        curve.append(
            {
                "size": size,
                "rtf": best["total_s"] / best["audio_s"],
                "acoustic_rtf": (best["total_s"] - best["vocode_s"]) / best["audio_s"],
            }
        )
    return curve


def _lengths(plan: BenchmarkPlan, worker: Worker) -> list[dict[str, float | None]]:
    curve: list[dict[str, float | None]] = []
    for characters, steps in plan.lengths:
        runs = [worker.ask("speak", characters=characters, steps=steps) for _ in range(2)]
        answer = min(runs, key=lambda run: float(run["total_s"]))
        curve.append(
            {
                "characters": characters,
                "steps": steps,
                "total_s": answer["total_s"],
                "rtf": answer["total_s"] / answer["audio_s"],
                "ms_per_step": 1e3 * answer["decode_s"] / answer["steps"],
                "attention_ms_per_step": (
                    None if answer["attention_s"] is None else 1e3 * answer["attention_s"] / answer["steps"]
                ),
            }
        )
    return curve
