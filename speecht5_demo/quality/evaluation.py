"""A whole evaluation in one call: rows, summary and page in a folder; or a shard of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import Executor, LocalProcesses, Shard
from speecht5_demo.machine import this_machine
from speecht5_demo.quality.metrics import Need, library_versions
from speecht5_demo.quality.page import write_page
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.recognisers import find_recogniser
from speecht5_demo.quality.records import Records
from speecht5_demo.quality.runner import OnTask, run
from speecht5_demo.quality.shard_folder import claim_shard, refuse_shard, write_shard
from speecht5_demo.quality.summary import SUMMARY, outline_of, summarise
from speecht5_demo.results import EvaluationDocument, EvaluationShard, SweepOutline, write


def evaluate(
    settings: Settings,
    checkpoint: Checkpoint,
    folder: Path,
    executor: Executor | None = None,
    left_out: Mapping[str, str] | None = None,
    on_task: OnTask | None = None,
) -> EvaluationDocument:
    """Make the rows that `folder` does not hold yet, then its table, summary and page.

    Args:
        settings: what to measure.
        checkpoint: the one that `settings` names, open.
        folder: of this evaluation, and of no other.
        executor: who speaks and measures; two processes of this machine by default.
        left_out: metric -> why it is not attempted.
        on_task: called after each utterance.

    Raises:
        QualityError: when the folder belongs to another evaluation, or a recogniser does not open.
    """
    settings = _found(settings)
    refuse_shard(folder)
    records = Records(folder, settings.document(), checkpoint.digest)
    try:
        run(settings, records, executor or LocalProcesses(), on_task)
        records.write_table()
    finally:
        records.close()
    document = summarise(list(records.rows.values()), settings, checkpoint, left_out or {})
    write(document, folder / SUMMARY)
    write_page(document, sorted(records.rows.values()), folder)
    return document


def evaluate_shard(
    settings: Settings,
    checkpoint: Checkpoint,
    folder: Path,
    shard: Shard,
    executor: Executor | None = None,
    left_out: Mapping[str, str] | None = None,
    on_task: OnTask | None = None,
    sweep: SweepOutline | None = None,
) -> EvaluationShard:
    """Make the rows of one shard in a folder of its own, to be merged with the others.

    The arguments and errors are those of `evaluate`.
    """
    settings = _found(settings)
    document = EvaluationShard(
        number=shard.number,
        of=shard.of,
        complete=False,
        machine=this_machine(),
        versions=library_versions(),
        outline=outline_of(settings, checkpoint, left_out or {}),
        sweep=sweep,
    )
    document = claim_shard(document, folder)
    records = Records(folder, settings.document(), checkpoint.digest)
    try:
        run(settings, records, executor or LocalProcesses(), on_task, shard)
    finally:
        records.close()
    return write_shard(replace(document, complete=sweep is None), folder)


def _found(settings: Settings) -> Settings:
    if Need.RECOGNISER in settings.needs and settings.recogniser is None:
        return replace(settings, recogniser=find_recogniser(settings.asr))
    return settings
