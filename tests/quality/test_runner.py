"""An evaluation survives its processes and its own death, and comes out the same."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.cli import main
from speecht5_demo.distributed import LocalProcesses
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.records import Records
from speecht5_demo.quality.runner import run
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.variants import BASELINE
from tests.quality.processes import CannotStart, DiesInItsRecogniser
from tests.support.app_process import AppProcess
from tests.support.programs import start

ARGUMENTS = (
    "-c", "embedded", "--sentences", "2", "--speakers", "bf_emma", "--variants", "pruned",
    "--metrics", "wer,pesq,duration,stop,repeats,distill-mos",
)  # fmt: skip


def started(folder: Path) -> AppProcess:
    return start(["-m", "speecht5_demo", "evaluate", *ARGUMENTS, "-j", "1", "-o", str(folder)], os.environ)


def finish(folder: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "argv", ["speecht5_demo", "evaluate", *ARGUMENTS, "-j", str(jobs), "-o", str(folder)]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code


def test_a_killed_evaluation_goes_on_and_ends_with_the_bytes_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    process = started(killed)
    rows = killed / "rows.jsonl"
    deadline = time.monotonic() + 240
    while not (rows.exists() and rows.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    before = rows.read_bytes()
    assert before.endswith(b"\n")
    assert not (killed / "rows.csv").exists()
    with rows.open("ab") as file:
        file.write(b'{"variant": "pruned", "spea')

    finish(killed, 1, monkeypatch)
    finish(undisturbed, 2, monkeypatch)

    assert rows.read_bytes().startswith(before)
    assert (killed / "rows.csv").read_bytes() == (undisturbed / "rows.csv").read_bytes()
    assert (undisturbed / "index.html").stat().st_size > 10_000


@pytest.fixture
def settings(embedded: Checkpoint) -> Settings:
    return Settings(
        checkpoint="embedded",
        variants=(BASELINE,),
        speakers=(embedded.speaker("bf_emma"),),
        sentences=tuple(Sentence(number, "Go.") for number in (1, 2, 3)),
        metrics=("stop", "wer", "cer"),
    )


def test_a_process_that_dies_costs_its_own_rows_and_no_others(settings: Settings, tmp_path: Path) -> None:
    records = Records(tmp_path, settings.document())
    run(settings, records, LocalProcesses(1), job=DiesInItsRecogniser())
    records.close()
    values = {(row.sentence, row.metric): row.value for row in records.rows.values()}
    reasons = {(row.sentence, row.metric): row.reason for row in records.rows.values() if row.reason}
    assert len(values) == 9
    assert [number for (number, _), value in values.items() if value is None] == [2, 2]
    first, second = settings.metrics[1], settings.metrics[2]
    assert reasons == {
        (2, first): "the process died (signal 11) during this measurement",
        (2, second): "the process died (signal 11) before this measurement",
    }


def test_an_evaluation_that_cannot_start_says_why_and_stops(settings: Settings, tmp_path: Path) -> None:
    records = Records(tmp_path, settings.document())
    with pytest.raises(QualityError, match="recogniser nobody"):
        run(settings, records, LocalProcesses(1), job=CannotStart())
    assert not records.rows
