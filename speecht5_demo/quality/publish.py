"""The small files of a run, to be kept beside the code: figures, and one speaker's audio of a sweep."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from speecht5_demo.quality.records import TABLE
from speecht5_demo.quality.summary import SUMMARY
from speecht5_demo.quality.sweep import SWEEP
from speecht5_demo.results import SweepDocument, read, write


def publish_evaluation(folder: Path, target: Path) -> None:
    """Copy an evaluation's summary and rows to `target`."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (SUMMARY, TABLE):
        shutil.copyfile(folder / name, target / name)


def publish_sweep(folder: Path, target: Path) -> None:
    """Copy a sweep to `target`, with the audio of its first speaker only."""
    document = read(folder / SWEEP, SweepDocument)
    shutil.rmtree(target / "audio", ignore_errors=True)
    points = [replace(point, audio=dict(list(point.audio.items())[:1])) for point in document.points]
    for point in points:
        for path in point.audio.values():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, target / path)
    write(replace(document, points=tuple(points)), target / SWEEP)
