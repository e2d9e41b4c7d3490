"""Claimed versus measured: cells come from result files only, and every claim gets one of three verdicts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speecht5_demo.cli import app
from speecht5_demo.machine import this_machine
from speecht5_demo.report.claims import CLAIMS, CheckedClaim, check_claims
from speecht5_demo.report.claims_table import claim_rows, claims_markdown, claims_piece, measured_text
from speecht5_demo.report.result_files import read_results
from speecht5_demo.results import (
    Collected,
    EvaluationDocument,
    ListenersDocument,
    ListenersSettings,
    Score,
    ScoreDifference,
    write,
)
from speecht5_demo.results.files import Document
from tests.support.results import (
    PESQ,
    PUBLISHED,
    RECORDED,
    WER,
    benchmark,
    entry,
    evaluation,
    timed,
    voice,
)


def checked(folder: Path, **files: Document) -> dict[str, CheckedClaim]:
    for name, document in files.items():
        write(document, folder / f"{name}.json")
    return {one.claim.statement: one for one in check_claims(read_results([folder]))}


def listeners(mos: float, lost: float, ratings: int = 200, count: int = 20, sentences: int = 10,
              checkpoint: str = PUBLISHED, simulated: bool = False,
              scale: tuple[float, float] = (1, 5)) -> ListenersDocument:  # fmt: skip
    few = ratings, count, sentences
    return ListenersDocument(
        variants=(Score("baseline", mos, (mos - 0.1, mos + 0.1), *few), Score("pruned-int8", mos - lost, None, *few)),
        comparisons=(ScoreDifference("pruned-int8", lost, (lost - 0.1, lost + 0.1), *few),),
        collected=Collected((checkpoint,), simulated, "2026-11-23T04:00:00Z"),
        settings=ListenersSettings("study", scale),
    )  # fmt: skip


def small() -> Document:
    rows = (timed("baseline", parameters=7_000_000), timed("pruned-int8", 0.25, parameters=7_000_000))
    return benchmark(*rows, spec="embedded")


def test_without_result_files_nothing_is_measured(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert len(found) == len(CLAIMS)
    assert {one.verdict for one in found.values()} == {"not measured"}


def test_speed_and_size_are_judged_by_the_benchmarks_file(tmp_path: Path) -> None:
    found = checked(tmp_path, benchmark=benchmark())
    assert found["before: 1-1.5 GB with HiFi-GAN"].verdict == "not confirmed"
    assert found["INT8: 50-60 % less"].verdict == "not confirmed"
    after = found["after: 2-2.5 s"]
    assert after.found is not None
    assert after.found.value == pytest.approx(1.25)
    change = found["30-40 % less"].found
    assert change is not None
    assert change.value == pytest.approx(50)
    assert change.interval == pytest.approx((100 * (1 - 1 / 1.9), 100 * (1 - 1 / 2.1)))
    assert (change.source.checkpoint, change.n) == ("random-full", "9 rounds")
    (row,) = (one for one in claim_rows([found["after: 2-2.5 s"]]))
    assert row.cpu == "Test CPU, 1 thread"


def test_a_small_voice_does_not_judge_claims_about_the_published_one(tmp_path: Path) -> None:
    found = checked(tmp_path, benchmark=small())
    level, change = found["before: 3.5-5 s"], found["30-40 % less"]
    assert level.verdict == "not measured"
    assert level.found is not None
    assert "embedded" in level.reason
    assert change.verdict == "not confirmed"
    assert "measured on embedded, not on the published model" in change.reason


def test_word_errors_and_pesq_are_judged_by_the_evaluations_file(tmp_path: Path) -> None:
    found = checked(tmp_path, summary=evaluation(PUBLISHED))
    assert found["before: 5-6 %"].verdict == "confirmed"
    assert found["after: 7-8 %"].verdict == "confirmed"
    assert found["1-3 points more"].verdict == "confirmed"
    assert found["before: about 4.1"].verdict == "not measured", (
        "a signal against itself is no PESQ of the baseline"
    )
    assert found["after: about 3.9"].verdict == "not confirmed"


@pytest.mark.parametrize("spec", ["me/speecht5_tts-finetuned", "embedded", "/models/speecht5_tts"])
def test_only_the_published_checkpoint_stands_for_itself(spec: str, tmp_path: Path) -> None:
    found = checked(tmp_path, summary=evaluation(spec), mos=listeners(4.3, 0.15, checkpoint=spec))
    for claim in ("before: 5-6 %", "before: 4.2-4.5", "0.1-0.2 lower"):
        assert found[claim].verdict == "not measured"
        assert found[claim].found is not None


def test_pesq_against_recordings_judges_before_and_after_alike(tmp_path: Path) -> None:
    document = evaluation(PUBLISHED)
    recorded = [entry(RECORDED, "baseline", 4.1), entry(RECORDED, "pruned-int8", 3.9)]
    found = checked(tmp_path, summary=replace(document, rows=(*document.rows, *recorded)))
    assert found["before: about 4.1"].verdict == "confirmed"
    assert found["after: about 3.9"].verdict == "confirmed"


@pytest.mark.parametrize(
    ("ratings", "count", "sentences"), [(2, 2, 1), (400, 2, 20), (400, 20, 2), (20, 10, 10)]
)
def test_a_mos_on_too_little_judges_nothing_and_shows_no_interval(
    ratings: int, count: int, sentences: int, tmp_path: Path
) -> None:
    found = checked(tmp_path, mos=listeners(4.3, 0.15, ratings, count, sentences))
    for claim in ("before: 4.2-4.5", "0.1-0.2 lower"):
        assert found[claim].verdict == "not measured"
        assert "too little to judge by" in found[claim].reason
    assert " to " not in claims_markdown([found["before: 4.2-4.5"]]).splitlines()[2].split("|")[5]


def test_a_mos_on_another_scale_judges_no_claim_about_one_to_five(tmp_path: Path) -> None:
    found = checked(tmp_path, mos=listeners(4.3, 0.15, scale=(0, 100)))
    assert found["before: 4.2-4.5"].verdict == "not measured"
    assert "0 to 100" in found["before: 4.2-4.5"].reason


def test_a_mos_on_enough_is_judged(tmp_path: Path) -> None:
    found = checked(tmp_path, mos=listeners(4.3, 0.15))
    assert found["before: 4.2-4.5"].verdict == "confirmed"
    assert found["0.1-0.2 lower"].verdict == "confirmed"


@pytest.mark.parametrize(
    ("lost", "said", "reason"),
    [
        (-0.5, "0.50 points higher", "above"),
        (0.15, "0.15 points lower", "in"),
        (0.9, "0.90 points lower", "below"),
    ],
)
def test_a_change_says_which_way_it_goes(lost: float, said: str, reason: str, tmp_path: Path) -> None:
    one = checked(tmp_path, mos=listeners(4.3, lost))["0.1-0.2 lower"]
    assert one.found is not None
    assert measured_text(one.claim, one.found.value) == said
    assert f"lies {reason} the claimed range" in one.reason


def test_growing_is_not_printed_as_saving_less_than_nothing(tmp_path: Path) -> None:
    larger = benchmark(timed("baseline", megabytes=100), timed("int8", 0.5, megabytes=120))
    one = checked(tmp_path, benchmark=larger)["INT8: 50-60 % less"]
    assert one.found is not None
    assert measured_text(one.claim, one.found.value) == "20.0 % more"


def test_a_file_that_cannot_be_read_is_reported_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"rows": [{"rtf": 1}]}')
    (tmp_path / "torn.json").write_text('{"rows": [')
    found = read_results([tmp_path])
    assert found.measurements == ()
    assert ["old.json" in found.problems[0], "torn.json" in found.problems[1]] == [True, True]


def test_simulated_listeners_never_fill_a_cell(tmp_path: Path) -> None:
    found = checked(tmp_path, mos=listeners(4.3, 0.15, simulated=True))
    assert found["before: 4.2-4.5"].found is None


def test_words_of_few_sentences_and_times_of_one_round_judge_nothing_and_show_no_interval(
    tmp_path: Path,
) -> None:
    words = evaluation(PUBLISHED, replace(entry(WER, "baseline", 0.055), sentences=4))
    speed = benchmark(spec=PUBLISHED)
    write(words, tmp_path / "summary.json")
    write(replace(speed, settings=replace(speed.settings, repeats=1)), tmp_path / "benchmark.json")
    rows = {row.claim: row for row in claim_rows(check_claims(read_results([tmp_path])))}
    for claim, needed in (("before: 5-6 %", "5 sentences"), ("before: 3.5-5 s", "3 timed rounds")):
        assert rows[claim].verdict == "not measured"
        assert needed in rows[claim].reason
    text = claims_markdown(check_claims(read_results([tmp_path])))
    (line,) = [line for line in text.splitlines() if "before: 5-6 %" in line]
    assert "| 5.50 % | – |" in line


def test_a_run_of_several_seeds_is_not_quoted_beside_tables_of_one(tmp_path: Path) -> None:
    one = evaluation("embedded", entry(WER, "baseline", 0.14))
    several = evaluation("embedded", entry(WER, "baseline", 0.13))
    several = replace(several, created="2030-01-01", settings=replace(several.settings, seeds=3))
    for name, document in (("one", one), ("several", several)):
        write(document, tmp_path / name / "summary.json")
    found = read_results([tmp_path]).best("wer", "baseline")
    assert found is not None
    assert found.value == pytest.approx(14.0)


def test_the_table_says_which_rows_are_of_another_voice_and_what_fills_them(tmp_path: Path) -> None:
    text = claims_markdown([*checked(tmp_path, benchmark=small(), summary=evaluation("embedded")).values()])
    remark = next(line for line in text.splitlines() if "make report-published" in line)
    assert "measured on embedded, not on microsoft/speecht5_tts" in remark
    assert "study prepare" in text
    published = claims_markdown([*checked(tmp_path / "published", summary=evaluation(PUBLISHED)).values()])
    assert "make report-published" not in published


def test_times_of_another_machine_are_said_to_be_so(tmp_path: Path) -> None:
    document = benchmark()
    away = claims_piece([*checked(tmp_path, benchmark=document).values()])
    assert "Times are from another machine: Test CPU." in away
    here = replace(document, machine=this_machine())
    assert "another machine" not in claims_piece([*checked(tmp_path, benchmark=here).values()])


def test_report_prints_every_claim_as_json_markdown_and_html(tmp_path: Path) -> None:
    write(benchmark(), tmp_path / "benchmark.json")
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    arguments = ["report", str(tmp_path), "--json", "--html", str(page), "--markdown", str(text)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    claims = json.loads(done.stdout)["claims"]
    assert len(claims) == len(CLAIMS)
    assert {one["verdict"] for one in claims} <= {"confirmed", "not confirmed", "not measured"}
    lines = [line for line in text.read_text().splitlines() if line.startswith("|")]
    assert len(lines) == len(CLAIMS) + 2
    assert {line.count("|") for line in lines} == {10}
    rows = page.read_text().split("<tr>")[1:]
    assert len(rows) == len(CLAIMS) + 1
    assert {row.count("</t") - row.count("</tr>") - row.count("</tbody>") for row in rows[1:-1]} == {9}


def test_what_a_file_says_cannot_become_markup(tmp_path: Path) -> None:
    evil: EvaluationDocument = replace(
        evaluation("embedded", entry(PESQ, "pruned-int8", 3.0)),
        checkpoint=voice("<img src=x onerror=alert(1)>"),
    )
    found = [*checked(tmp_path, evil=evil).values()]
    assert "<img" not in claims_piece(found)
    assert "onerror" in claims_markdown(found)


def test_report_fills_its_place_in_a_readme_and_nothing_else(tmp_path: Path) -> None:
    path = write(benchmark(), tmp_path / "benchmark.json")
    readme = tmp_path / "README.md"
    readme.write_text(
        "before\n<!-- begin table: claims -->\nwhat stood here\n<!-- end table: claims -->\nafter\n"
    )
    arguments = ["report", str(path), "--readme", str(readme), "--json"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- begin table: claims -->\n| Claim")
    assert text.endswith("<!-- end table: claims -->\nafter\n")
    assert "what stood here" not in text
