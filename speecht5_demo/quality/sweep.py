"""Where a voice breaks: quality, latency and size along a row of pruning amounts.

FOLDER/sweep.json    what was found, as `speecht5_demo.results.SweepDocument`
FOLDER/sweep.html    the same as a page
FOLDER/              rows, summary, page and audio of the evaluation behind it
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import Executor, Shard
from speecht5_demo.errors import QualityError, ResultsError
from speecht5_demo.quality.breaking import RULE, breaks_at
from speecht5_demo.quality.evaluation import evaluate, evaluate_shard
from speecht5_demo.quality.measurer import audio_file
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.runner import OnTask
from speecht5_demo.quality.shard_folder import write_shard
from speecht5_demo.results import (
    EvaluationDocument,
    EvaluationShard,
    PointLatency,
    PointTimes,
    SweepDocument,
    SweepOutline,
    SweepPoint,
    SweepTimes,
    read,
    write,
)
from speecht5_demo.synthesis import Speech, Synthesizer
from speecht5_demo.variants import BASELINE, Variant, custom

SWEEP = "sweep.json"
SHARPEST = 0.95
FIRST = 1  # number of the sentence that is timed and kept to be played


def amounts(grid: str) -> tuple[float, ...]:
    """The amounts of `START:STOP:STEP`, both ends included, or of a list with commas.

    Raises:
        QualityError: when it cannot be read, or an amount is not between 0 and 0.95.
    """
    try:
        if ":" in grid:
            start, stop, step = (float(part) for part in grid.split(":"))
            count = round((stop - start) / step)
            found = tuple(round(start + index * step, 6) for index in range(count + 1))
        else:
            found = tuple(float(part) for part in grid.split(","))
    except (ValueError, ZeroDivisionError) as error:
        raise QualityError(f"{grid!r} is no row of amounts: write 0:0.9:0.1, or 0,0.3,0.6.") from error
    if not found or not all(0.0 <= amount <= SHARPEST for amount in found):
        raise QualityError(f"{grid!r}: amounts of pruning lie between 0 and {SHARPEST}.")
    return tuple(sorted(set(found)))


def recipes(row: Sequence[float], int8: bool, exclude: Sequence[str] = ()) -> dict[float, Variant]:
    """The variant of each amount; the baseline itself where nothing is done."""
    return {amount: custom(amount, int8, exclude=exclude) if amount or int8 else BASELINE for amount in row}


def sweep(
    settings: Settings,
    checkpoint: Checkpoint,
    outline: SweepOutline,
    folder: Path,
    executor: Executor | None = None,
    on_task: OnTask | None = None,
) -> SweepDocument:
    """Evaluate every amount, then time and weigh each; `sweep.json` holds the result.

    Args:
        settings: of the evaluation; its variants are replaced by the outline's.
        checkpoint: that `settings` names, open.
        outline: the points.
        folder: of this sweep.
        executor: who does the evaluation; timing is done by this process alone, repeats of all points interleaved.
        on_task: called as it gets on.
    """
    found = evaluate(_with_points(settings, outline), checkpoint, folder, executor, on_task=on_task)
    return assemble(found, outline, measure_times(settings, checkpoint, outline), folder)


def sweep_shard(
    settings: Settings,
    checkpoint: Checkpoint,
    outline: SweepOutline,
    folder: Path,
    shard: Shard,
    executor: Executor | None = None,
    on_task: OnTask | None = None,
) -> EvaluationShard:
    """One shard of a sweep, to be merged with the others: the first one times and weighs all points."""
    made = evaluate_shard(
        _with_points(settings, outline), checkpoint, folder, shard, executor, on_task=on_task, sweep=outline
    )
    times = made.times
    if shard.number == 1 and times is None:
        times = measure_times(settings, checkpoint, outline)
    return write_shard(replace(made, times=times, complete=True), folder)


def _with_points(settings: Settings, outline: SweepOutline) -> Settings:
    chosen = recipes(outline.amounts, outline.int8, outline.exclude)
    return replace(settings, variants=tuple(dict.fromkeys((BASELINE, *chosen.values()))))


def assemble(
    found: EvaluationDocument, outline: SweepOutline, times: SweepTimes, folder: Path
) -> SweepDocument:
    """The sweep of an evaluation and of the times and sizes of its points; `sweep.json` in `folder` holds it."""
    chosen = recipes(outline.amounts, outline.int8, outline.exclude)
    points = tuple(
        SweepPoint(
            amount=amount,
            int8=outline.int8,
            variant=variant.name,
            label=variant.label,
            quality={entry.metric: entry for entry in found.rows if entry.variant == variant.name},
            latency_s=timed.latency_s,
            rtf=median(timed.latency_s.runs) / timed.audio_seconds,
            audio_seconds=timed.audio_seconds,
            sizes=timed.sizes,
            audio=_audio(found.settings.speakers, folder, variant),
        )
        for amount, variant in chosen.items()
        for timed in [times.variants[variant.name]]
    )
    document = SweepDocument(
        created=found.created,
        machine=found.machine,
        checkpoint=found.checkpoint,
        settings=found.settings,
        metrics=found.metrics,
        repeats=outline.repeats,
        exclude=outline.exclude,
        points=points,
        breaks_at=breaks_at(points),
        rule=RULE,
        floors=found.floors,
        core_share=times.core_share,
    )
    write(document, folder / SWEEP)
    return document


def find_sweeps(places: Iterable[Path], digest: str) -> list[tuple[Path, SweepDocument]]:
    """The sweeps of a checkpoint below some folders, newest first, each with its folder."""
    found = []
    for place in places:
        for file in sorted(place.rglob(SWEEP)) if place.is_dir() else ():
            try:
                document = read(file, SweepDocument)
            except ResultsError:
                continue  # another version's; a page need not fail for it
            if document.checkpoint.digest == digest:
                found.append((file.parent, document))
    return sorted(found, key=lambda each: each[1].created, reverse=True)


def measure_times(
    settings: Settings,
    checkpoint: Checkpoint,
    outline: SweepOutline,
) -> SweepTimes:
    """Latency and length of the first sentence by the first speaker, repeats interleaved over all points, and sizes;
    and how much of a core this thread had meanwhile.
    """
    variants = list(dict.fromkeys(recipes(outline.amounts, outline.int8, outline.exclude).values()))
    synthesizer = Synthesizer(checkpoint, capacity=len(variants))
    for variant in variants:
        synthesizer.warm_up(variant)
    spoken: dict[str, Speech] = {}
    begun, had = time.perf_counter(), time.thread_time()
    for speech in synthesizer.compare(
        settings.sentences[0].text, settings.speakers[0], variants, settings.seed, outline.repeats
    ):
        spoken[speech.variant] = speech
    core_share = (time.thread_time() - had) / (time.perf_counter() - begun)
    weighing = Synthesizer(checkpoint, capacity=1)
    return SweepTimes(
        {
            variant.name: PointTimes(
                PointLatency(speech.latency.median, speech.latency.p90, speech.latency.runs),
                speech.audio_seconds,
                weighing.sizes(variant),
            )
            for variant in variants
            for speech in [spoken[variant.name]]
        },
        core_share,
    )


def _audio(speakers: Iterable[str], folder: Path, variant: Variant) -> dict[str, str]:
    files = {name: audio_file(folder, variant.name, name, FIRST) for name in speakers}
    return {name: path.relative_to(folder).as_posix() for name, path in files.items() if path.exists()}
