"""Two processors stand in brackets beside one: of the same thing, and where they are stable."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from speecht5_demo.benchmark.comparison import ComparisonError
from speecht5_demo.benchmark.results import markdown_table
from speecht5_demo.cli import app
from speecht5_demo.report.result_files import read_results


def spread(median: float, room: float) -> dict[str, float]:
    return {"median": median, "p10": median - room / 2, "p90": median + room / 2, "n": 5}


def row(variant: str, ratio: float, room: float) -> dict[str, Any]:
    return {
        "variant": variant,
        "rtf": spread(0.9 / ratio, 0.01),
        "ratio_to_baseline": spread(ratio, room),
        "ms_per_step": 3.0,
        "ttfa_s": 0.2,
        "sizes": {"disk_bytes": 10**8, "zip_bytes": 9 * 10**7, "parameters": 144_000_000},
        "serving_rss_bytes": 10**9,
        "kernels": "C++",
        "batch": [],
        "length": [],
    }


@pytest.fixture
def one() -> dict[str, Any]:
    return {
        "machine": {"cpu": "Test CPU", "capabilities": [], "torch": "2", "transformers": "5", "python": "3"},
        "measured_at": "2026-01-02T00:00:00",
        "checkpoint": "random-full",
        "settings": {
            "characters": 80,
            "steps": 150,
            "audio_s": 4.8,
            "repeats": 5,
            "threads": 1,
            "baseline": "baseline",
        },
        "rows": [row("baseline", 1.0, 0.0), row("turbo-int8", 4.5, 0.2), row("turbo", 1.3, 0.1)],
        "peers": [],
    }


@pytest.fixture
def two(one: dict[str, Any]) -> dict[str, Any]:
    other = deepcopy(one)
    other["settings"]["threads"] = 2
    other["measured_at"] = "2026-01-03T00:00:00"
    other["rows"] = [row("baseline", 1.0, 0.0), row("turbo-int8", 3.75, 0.4), row("turbo", 1.2, 0.6)]
    return other


def test_a_stable_ratio_stands_in_brackets_and_an_unstable_one_is_named(one: dict, two: dict) -> None:
    table = markdown_table(one, two)
    assert "| 4.50 (4.40–4.60) [3.75] |" in table
    assert "| 1.30 (1.25–1.35) |" in table
    assert "In brackets: with 2 threads" in table
    assert "left out, as they spread further: turbo." in table


def test_without_a_second_document_nothing_is_said_of_brackets(one: dict) -> None:
    assert "[" not in markdown_table(one)


@pytest.mark.parametrize("changed", ["steps", "characters", "baseline"])
def test_documents_of_different_things_do_not_stand_beside_each_other(
    one: dict, two: dict, changed: str
) -> None:
    two["settings"][changed] = "other"
    with pytest.raises(ComparisonError, match=changed):
        markdown_table(one, two)


def test_two_documents_of_as_many_threads_are_refused(one: dict) -> None:
    with pytest.raises(ComparisonError, match="another --threads"):
        markdown_table(one, deepcopy(one))


def written(folder: Path, **documents: dict[str, Any]) -> Path:
    for name, document in documents.items():
        (folder / f"benchmark{name.removeprefix('one').replace('two', '-2')}.json").write_text(
            json.dumps(document), encoding="utf-8"
        )
    return folder


def test_the_command_sets_the_second_document_beside_the_first(one: dict, two: dict, tmp_path: Path) -> None:
    written(tmp_path, one=one, two=two)
    page = tmp_path / "README.md"
    page.write_text("<!-- begin table: benchmark -->\n<!-- end table: benchmark -->\n")
    asked = ["benchmark", "--from", str(tmp_path / "benchmark.json"), "--readme", str(page)]
    done = CliRunner().invoke(app, [*asked, "--beside", str(tmp_path / "benchmark-2.json")])
    assert done.exit_code == 0, done.output
    assert "[3.75]" in page.read_text()


PAGE = "".join(
    f"<!-- begin table: {name} -->\n<!-- end table: {name} -->\n"
    for name in ("claims", "benchmark", "evaluation", "sweep")
)


def test_tables_writes_one_thread_with_two_beside_it_whatever_the_order_of_the_files(
    one: dict, two: dict, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    written(results, one=two, two=one)
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    done = CliRunner().invoke(app, ["tables", str(page), "--results", str(results)])
    assert done.exit_code == 0, done.output
    assert "4.50 (4.40–4.60) [3.75]" in page.read_text()


def test_tables_leaves_out_a_second_document_of_another_machine(one: dict, two: dict, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    two["machine"]["cpu"] = "Another CPU"
    written(results, one=one, two=two)
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    done = CliRunner().invoke(app, ["tables", str(page), "--results", str(results)])
    assert done.exit_code == 0, done.output
    assert "4.50 (4.40–4.60) |" in page.read_text()
    assert "Another CPU" in done.stderr


def test_claims_are_judged_by_the_figures_of_one_thread(one: dict, two: dict, tmp_path: Path) -> None:
    measured = read_results([written(tmp_path, one=one, two=two)])
    best = measured.best("seconds_change", "turbo-int8")
    assert best is not None
    assert best.file == "benchmark.json"
