"""Shards of an evaluation or a sweep become one folder, with the bytes that an undivided run by one process writes.

What a summary says of the machine is that of the first shard.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from speecht5_demo.distributed import Shard, ShardError
from speecht5_demo.distributed.shards import SHARD, in_order
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measurer import audio_file, baseline_file
from speecht5_demo.quality.page import write_page
from speecht5_demo.quality.plan import Task, task_phases
from speecht5_demo.quality.records import Records, Row, read_rows
from speecht5_demo.quality.summary import SUMMARY, summary_of
from speecht5_demo.quality.sweep import assemble
from speecht5_demo.quality.sweep_page import write_sweep_page
from speecht5_demo.results import EvaluationDocument, EvaluationShard, Outline, read, write
from speecht5_demo.variants import BASELINE


def read_shards(folders: Sequence[Path]) -> dict[Path, EvaluationShard]:
    """The shards of one run, by their folders, in order.

    Raises:
        ResultsError: a folder holds none that can be read.
        ShardError: one is missing, doubled, unfinished, or of another run.
    """
    return in_order([(folder, read(folder / SHARD, EvaluationShard)) for folder in folders], _differing)


def _differing(first: EvaluationShard, other: EvaluationShard) -> list[str]:
    """What two shards of one run would share and these do not."""
    if first.outline.checkpoint.digest != other.outline.checkpoint.digest:
        return ["checkpoint"]
    ours, theirs = vars(first.outline.settings), vars(other.outline.settings)
    names = [name for name in ours if ours[name] != theirs[name]]
    names += ["points of the sweep"] if first.sweep != other.sweep else []
    if first.outline != other.outline and not names:
        return ["metrics that are left out, or floors"]
    return names


def merge_into(shards: Mapping[Path, EvaluationShard], folder: Path) -> EvaluationDocument:
    """Write the merged run into an empty folder.

    Raises:
        ShardError: a shard lacks rows that it says it has.
    """
    first = next(iter(shards.values()))
    outline = first.outline
    rows = _rows(shards, outline)
    for source, one in shards.items():
        _copy_files(source, outline, Shard(one.number, one.of), folder)
    records = Records(folder, outline.settings, outline.checkpoint.digest)
    try:
        records.append(rows)
        records.write_table()
    finally:
        records.close()
    document = summary_of(rows, outline, first.machine, first.versions)
    write(document, folder / SUMMARY)
    write_page(document, sorted(rows), folder)
    if first.sweep is not None and first.times is not None:
        write_sweep_page(assemble(document, first.sweep, first.times, folder), folder)
    return document


def _tasks(outline: Outline) -> list[Task]:
    others = [name for name in outline.labels if name != BASELINE.name]
    first, rest = task_phases(outline.settings.metrics, outline.floors, others, outline.places)
    return [*first, *rest]


def _rows(shards: Mapping[Path, EvaluationShard], outline: Outline) -> list[Row]:
    """Every row, in the order in which one process makes them."""
    made: dict[tuple[str, str, int, str], Row] = {}
    whose: dict[tuple[int, str], Path] = {}
    for folder, one in shards.items():
        own = set(Shard(one.number, one.of).part(outline.places))
        whose.update(dict.fromkeys(own, folder))
        try:
            rows = read_rows(folder)
        except (QualityError, ValueError, TypeError) as error:
            raise ShardError(
                f"The rows of shard {one.number}/{one.of} in {folder} cannot be read. "
                "Remove the folder and run it again."
            ) from error
        made.update((row.key, row) for row in rows if (row.sentence, row.speaker) in own)
    ordered = []
    for task in _tasks(outline):
        for metric in task.metrics:
            row = made.get((task.variant, task.speaker, task.number, metric))
            if row is None:
                raise ShardError(
                    f"{whose[task.number, task.speaker]} lacks {metric} of {task.variant}, sentence {task.number} by "
                    f"{task.speaker}. Run that shard again: it makes what is missing."
                )
            ordered.append(row)
    return ordered


def _copy_files(source: Path, outline: Outline, shard: Shard, folder: Path) -> None:
    for number, speaker in shard.part(outline.places):
        paths = [baseline_file(Path(), speaker, number)]
        paths += [
            audio_file(Path(), variant, speaker, number) for variant in (*outline.labels, *outline.floors)
        ]
        for path in paths:
            if (source / path).exists():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / path, folder / path)
