"""A whole evaluation in one call: rows, summary and page in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.metrics import Need
from speecht5_demo.quality.page import write_page
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.recognisers import find_recogniser
from speecht5_demo.quality.records import Records
from speecht5_demo.quality.runner import OnTask, run
from speecht5_demo.quality.summary import SUMMARY, summarise
from speecht5_demo.results import EvaluationDocument, write


def evaluate(
    settings: Settings,
    checkpoint: Checkpoint,
    folder: Path,
    jobs: int = 2,
    left_out: Mapping[str, str] | None = None,
    on_task: OnTask | None = None,
) -> EvaluationDocument:
    """Make the rows that `folder` does not hold yet, then its table, summary and page.

    Args:
        settings: what to measure.
        checkpoint: the one that `settings` names, open.
        folder: of this evaluation, and of no other.
        jobs: processes, one thread each.
        left_out: metric -> why it is not attempted.
        on_task: called after each utterance.

    Raises:
        QualityError: when the folder belongs to another evaluation, or a recogniser does not open.
    """
    if Need.RECOGNISER in settings.needs and settings.recogniser is None:
        settings = replace(settings, recogniser=find_recogniser(settings.asr))
    records = Records(folder, settings.document(), checkpoint.digest)
    try:
        run(settings, records, jobs, on_task)
        records.write_table()
    finally:
        records.close()
    document = summarise(list(records.rows.values()), settings, checkpoint, left_out or {})
    write(document, folder / SUMMARY)
    write_page(document, sorted(records.rows.values()), folder)
    return document
