"""The small files of a run, to be kept beside the code: figures, and one speaker's audio of a sweep."""

from __future__ import annotations

import shutil
from pathlib import Path

from speecht5_demo.files import write_json
from speecht5_demo.quality.records import TABLE
from speecht5_demo.quality.summary import SUMMARY
from speecht5_demo.quality.sweep import SWEEP, read_sweep


def publish_evaluation(folder: Path, target: Path) -> None:
    """Copy an evaluation's summary and rows to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (SUMMARY, TABLE):
        shutil.copyfile(folder / name, target / name)


def publish_sweep(folder: Path, target: Path) -> None:
    """Copy a sweep to `target`, with the audio of its first speaker only."""
    document = read_sweep(folder)
    shutil.rmtree(target / "audio", ignore_errors=True)
    for point in document["points"]:
        point["audio"] = dict(list(point["audio"].items())[:1])
        for path in point["audio"].values():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, target / path)
    target.mkdir(parents=True, exist_ok=True)
    write_json(target / SWEEP, document)
