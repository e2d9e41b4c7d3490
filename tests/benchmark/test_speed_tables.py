"""Two processors stand in brackets beside one: of the same thing, and where they are stable."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speecht5_demo.benchmark.speed_tables import speed_table
from speecht5_demo.cli import app
from speecht5_demo.errors import ResultsError
from speecht5_demo.report.result_files import read_results
from speecht5_demo.results import VariantRow, write
from tests.support.results import MACHINE, benchmark, peer, spread, timed


def row(variant: str, ratio: float, room: float) -> VariantRow:
    return timed(variant, 0.9 / ratio, spread(ratio, room))


ONE = benchmark(row("baseline", 1.0, 0.0), row("turbo-int8", 4.5, 0.2), row("turbo", 1.3, 0.1))
TWO = benchmark(row("baseline", 1.0, 0.0), row("turbo-int8", 3.75, 0.4), row("turbo", 1.2, 0.6), threads=2)


def test_a_stable_ratio_stands_in_brackets_and_an_unstable_one_is_named() -> None:
    table = speed_table(ONE, TWO)
    assert "| 4.50 (4.40–4.60) [3.75] |" in table
    assert "| 1.30 (1.25–1.35) |" in table
    assert "In brackets: with 2 threads" in table
    assert "left out, as they spread further: turbo." in table


def test_without_a_second_document_nothing_is_said_of_brackets() -> None:
    assert "[" not in speed_table(ONE)


def test_one_thread_is_one_and_a_peer_shows_what_it_does_not_tell_as_a_dash() -> None:
    table = speed_table(replace(ONE, peers=(peer("OpenVINO int8"),)))
    assert "1 thread pinned" in table
    assert "| OpenVINO int8 | 0.200 (0.190–0.210) |" in table
    assert "| – | – | 1000 |" in table
    assert "Peers: OpenVINO int8 (int8): engine 1.0." in table


@pytest.mark.parametrize(("changed", "value"), [("steps", 90), ("characters", 40), ("baseline", "turbo")])
def test_documents_of_different_things_do_not_stand_beside_each_other(changed: str, value: object) -> None:
    two = replace(TWO, settings=replace(TWO.settings, **{changed: value}))
    with pytest.raises(ResultsError, match=changed):
        speed_table(ONE, two)


def test_two_documents_of_as_many_threads_are_refused() -> None:
    with pytest.raises(ResultsError, match="another --threads"):
        speed_table(ONE, ONE)


def test_the_command_sets_the_second_document_beside_the_first(tmp_path: Path) -> None:
    one, two = write(ONE, tmp_path / "benchmark.json"), write(TWO, tmp_path / "benchmark-2.json")
    page = tmp_path / "README.md"
    page.write_text("<!-- begin table: benchmark -->\n<!-- end table: benchmark -->\n")
    asked = ["benchmark", "--from", str(one), "--readme", str(page), "--bracketed", str(two)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "[3.75]" in page.read_text()


PAGE = "".join(
    f"<!-- begin table: {name} -->\n<!-- end table: {name} -->\n"
    for name in ("claims", "benchmark", "evaluation", "sweep")
)


def test_tables_writes_one_thread_with_two_beside_it_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    results = tmp_path / "results"
    write(TWO, results / "benchmark.json")
    write(ONE, results / "benchmark-2.json")
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    done = CliRunner().invoke(app, ["tables", str(page), "--results", str(results)])
    assert done.exit_code == 0, done.output
    assert "4.50 (4.40–4.60) [3.75]" in page.read_text()


def test_tables_leaves_out_a_second_document_of_another_machine(tmp_path: Path) -> None:
    results = tmp_path / "results"
    write(ONE, results / "benchmark.json")
    write(replace(TWO, machine=replace(MACHINE, cpu="Another CPU")), results / "benchmark-2.json")
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    done = CliRunner().invoke(app, ["tables", str(page), "--results", str(results)])
    assert done.exit_code == 0, done.output
    assert "4.50 (4.40–4.60) |" in page.read_text()
    assert "Another CPU" in done.stderr


def test_claims_are_judged_by_the_figures_of_one_thread(tmp_path: Path) -> None:
    write(ONE, tmp_path / "benchmark.json")
    write(TWO, tmp_path / "benchmark-2.json")
    best = read_results([tmp_path]).best("seconds_change", "turbo-int8")
    assert best is not None
    assert best.source.file == "benchmark.json"
