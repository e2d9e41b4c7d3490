"""Tables and help on a terminal of 80 columns: no figure and no name is cut, whatever a variant is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from speecht5_demo.cli import COMMANDS, app
from speecht5_demo.commands import console, study
from speecht5_demo.listening.coverage import CountRange, Coverage
from speecht5_demo.results import write
from tests.support.results import WER, benchmark, entry, evaluation, timed

LONG = "custom-p60-int8-without-the-decoder-prenet-and-the-postnet"
WIDTH = 80


def words_of(shown: str) -> str:
    """What was printed, without the breaks of lines."""
    return "".join(shown.split())


def mos(folder: Path) -> tuple[list[str], list[str]]:
    rows = [
        f"w{who},u{what},{model},{1 + (who * 3 + what * 2 + (model == LONG)) % 5}"
        for who in range(6)
        for what in range(5)
        for model in ("baseline", LONG)
    ]
    path = folder / "ratings.csv"
    path.write_text("\n".join(["listener_id,sentence_id,variant,rating", *rows]))
    return ["mos", str(path)], [LONG, "over listeners", "n (listeners, sentences)", "30 (6, 5)"]


def of_benchmark(folder: Path) -> tuple[list[str], list[str]]:
    document = benchmark(timed("baseline"), timed(LONG, 0.1234, megabytes=12_345.6))
    path = write(document, folder / "benchmark.json")
    return ["benchmark", "--from", str(path)], [LONG, "0.123", "12345.6", "3.00", "200", "1000.0"]


def claims(folder: Path) -> tuple[list[str], list[str]]:
    write(evaluation("somebody/a-fine-tuned-speecht5-of-a-long-name"), folder / "summary.json")
    return ["report", str(folder)], [
        "somebody/a-fine-tuned-speecht5-of-a-long-name",
        "before: 5-6 %",
        "5.50 %",
    ]


CASES = {"mos": mos, "benchmark": of_benchmark, "report": claims}


@pytest.mark.parametrize("case", CASES)
def test_a_table_fits(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, expected = CASES[case](tmp_path)
    shown = printed(monkeypatch, lambda: CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert [word for word in expected if words_of(word) not in words_of(shown)] == []
    assert "…" not in shown


def test_an_evaluation_fits_with_its_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    from speecht5_demo.commands.evaluate import print_summary

    rows = [replace(entry(WER, name, 0.05), variant_label=name) for name in ("baseline", LONG, "x" * 100)]
    shown = printed(monkeypatch, lambda: print_summary(evaluation("embedded", *rows)))
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert words_of(LONG) in words_of(shown)
    assert shown.count("5.0 [4.5, 5.5]") == 3


def test_a_plan_of_a_study_fits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    about = SimpleNamespace(study=SimpleNamespace(id="study", margin=0.2))
    few = CountRange(1, 2)
    found = Coverage(30, 60, 5, {LONG: 1_234}, few, few, few, {LONG: 0.51}, 0.9)
    monkeypatch.setattr(study, "load_manifest", lambda folder: about)
    monkeypatch.setattr(study, "cover", lambda manifest, listeners: found)
    shown = printed(monkeypatch, lambda: study.plan(tmp_path))
    assert max(map(len, shown.splitlines())) <= WIDTH
    for word in (LONG, "1234", "0.51", "mean position (0 first, 1 last)"):
        assert words_of(word) in words_of(shown)


@pytest.mark.parametrize(
    "name", [*COMMANDS, "study plan", "study simulate", "variants build", "evaluate sweep"]
)
def test_help_cuts_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    shown = CliRunner().invoke(app, [*name.split(), "--help"], catch_exceptions=False).stdout
    assert "Usage" in shown
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= WIDTH


def printed(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> str:
    """What `work` prints on a terminal of 80 columns."""
    terminal = Console(width=WIDTH, record=True)
    monkeypatch.setattr(console, "stdout", terminal)
    work()
    return terminal.export_text()
