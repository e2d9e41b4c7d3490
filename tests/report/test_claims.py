"""Claimed versus measured: cells come from result files only, and every claim gets one of three verdicts."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from speecht5_demo.cli import app
from speecht5_demo.report.claims import CLAIMS, Judged, judge_claims
from speecht5_demo.report.claims_table import claims_markdown, claims_piece
from speecht5_demo.report.result_files import read_results


def benchmark(parameters: int = 157_000_000) -> dict[str, Any]:
    def row(variant: str, rtf: float, megabytes: float) -> dict[str, Any]:
        sizes = {"disk_bytes": megabytes * 1e6, "zip_bytes": megabytes * 9e5, "parameters": parameters}
        faster = 0.5 / rtf
        return {
            "variant": variant,
            "rtf": {"median": rtf, "p10": rtf * 0.9, "p90": rtf * 1.1},
            "ratio_to_baseline": {"median": faster, "p10": faster * 0.95, "p90": faster * 1.05},
            "sizes": sizes,
        }

    return {
        "machine": {"cpu": "Test CPU", "threads": 2},
        "checkpoint": "random-full",
        "measured_at": "2026-11-23T04:00:00+00:00",
        "settings": {"audio_s": 5.0, "repeats": 9, "threads": 2},
        "rows": [row("baseline", 0.5, 629), row("int8", 0.25, 200), row("pruned-int8", 0.25, 200)],
    }


def evaluation(spec: str) -> dict[str, Any]:
    def row(metric: str, variant: str, mean: float) -> dict[str, Any]:
        other = {"mean": 0.02, "ci95": [0.01, 0.03], "n": 40}
        difference = None if variant == "baseline" else other
        label = "PESQ against baseline, length-locked" if metric == "pesq" else "WER"
        return {
            "metric": metric, "label": label, "variant": variant, "mean": mean, "ci95": [mean * 0.9, mean * 1.1],
            "n": 40, "difference": difference,
        }  # fmt: skip

    return {
        "schema": 1,
        "created": "2026-11-23T04:00:00+00:00",
        "machine": {"cpu": "Test CPU"},
        "checkpoint": {"spec": spec},
        "rows": [row("wer", "baseline", 0.055), row("wer", "pruned-int8", 0.075), row("pesq", "baseline", 4.64),
                 row("pesq", "pruned-int8", 3.0)],
    }  # fmt: skip


def judged(folder: Path, **files: object) -> dict[str, Judged]:
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return {one.claim.statement: one for one in judge_claims(read_results([folder]))}


def test_without_result_files_nothing_is_measured(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert len(found) == len(CLAIMS)
    assert {one.verdict for one in found.values()} == {"not measured"}


def test_speed_and_size_are_judged_by_the_benchmarks_file(tmp_path: Path) -> None:
    found = judged(tmp_path, benchmark=benchmark())
    assert found["before: 1-1.5 GB with HiFi-GAN"].verdict == "not confirmed"
    assert found["INT8: 50-60 % less"].verdict == "not confirmed"
    after = found["after: 2-2.5 s"]
    assert after.found is not None
    assert after.found.value == pytest.approx(1.25)
    change = found["30-40 % less"].found
    assert change is not None
    assert change.value == pytest.approx(50)
    assert change.low is not None
    assert change.low == pytest.approx(100 * (1 - 0.5 / 0.95))
    assert (change.cpu, change.checkpoint, change.n) == ("Test CPU, 2 threads", "random-full", "9 rounds")


def test_a_small_voice_does_not_judge_claims_about_the_published_one(tmp_path: Path) -> None:
    small = {**benchmark(parameters=7_000_000), "checkpoint": "embedded"}
    found = judged(tmp_path, benchmark=small)
    level, change = found["before: 3.5-5 s"], found["30-40 % less"]
    assert level.verdict == "not measured"
    assert level.found is not None
    assert "embedded" in level.reason
    assert change.verdict == "not confirmed"


def test_word_errors_and_pesq_are_judged_by_the_evaluations_file(tmp_path: Path) -> None:
    found = judged(tmp_path, summary=evaluation("microsoft/speecht5_tts"))
    assert found["before: 5-6 %"].verdict == "confirmed"
    assert found["after: 7-8 %"].verdict == "confirmed"
    assert found["1-3 points more"].verdict == "confirmed"
    assert found["before: about 4.1"].verdict == "not measured", (
        "a signal against itself is no PESQ of the baseline"
    )
    assert found["after: about 3.9"].verdict == "not confirmed"


def test_pesq_against_recordings_judges_before_and_after_alike(tmp_path: Path) -> None:
    document = evaluation("microsoft/speecht5_tts")
    for variant, mean in (("baseline", 4.1), ("pruned-int8", 3.9)):
        recorded = {
            "metric": "pesq-recording",
            "label": "PESQ against recordings, DTW-aligned",
            "variant": variant,
        }
        document["rows"].append({**document["rows"][0], **recorded, "mean": mean})
    found = judged(tmp_path, summary=document)
    assert found["before: about 4.1"].verdict == "confirmed"
    assert found["after: about 3.9"].verdict == "confirmed"


def test_a_file_that_only_looks_like_results_is_reported_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"rows": [{"rtf": 1}]}')
    (tmp_path / "torn.json").write_text('{"rows": [')
    found = read_results([tmp_path])
    assert found.measurements == ()
    assert len(found.problems) == 2


def test_simulated_listeners_never_fill_a_cell(tmp_path: Path) -> None:
    score = {"variant": "baseline", "mos": 4.3, "ci95": [4.2, 4.4], "n_ratings": 9, "n_listeners": 3}
    document = {
        "variants": [score],
        "comparisons": [],
        "collected": {"checkpoints": ["microsoft/speecht5_tts"]},
    }
    assert judged(tmp_path, mos=document)["before: 4.2-4.5"].verdict == "confirmed"
    document["collected"] = {"checkpoints": ["microsoft/speecht5_tts"], "simulated": True}
    assert judged(tmp_path, mos=document)["before: 4.2-4.5"].verdict == "not measured"


def test_report_prints_every_claim_as_json_markdown_and_html(tmp_path: Path) -> None:
    (tmp_path / "benchmark.json").write_text(json.dumps(benchmark()))
    page, text = tmp_path / "report.html", tmp_path / "report.md"
    arguments = ["report", str(tmp_path), "--json", "--html", str(page), "--markdown", str(text)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    claims = json.loads(done.stdout)["claims"]
    assert len(claims) == len(CLAIMS)
    assert {one["verdict"] for one in claims} <= {"confirmed", "not confirmed", "not measured"}
    lines = text.read_text().splitlines()
    assert len(lines) == len(CLAIMS) + 2
    assert {line.count("|") for line in lines} == {10}
    rows = page.read_text().split("<tr>")[1:]
    assert len(rows) == len(CLAIMS) + 1
    assert {row.count("</t") - row.count("</tr>") - row.count("</tbody>") for row in rows[1:-1]} == {9}


def test_what_a_file_says_cannot_become_markup(tmp_path: Path) -> None:
    evil = {**benchmark(), "checkpoint": "<img src=x onerror=alert(1)>"}
    (tmp_path / "b.json").write_text(json.dumps(evil))
    found = judge_claims(read_results([tmp_path]))
    assert "<img" not in claims_piece(found)
    assert "onerror" in claims_markdown(found)


def test_report_fills_its_place_in_a_readme_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "benchmark.json").write_text(json.dumps(benchmark()))
    readme = tmp_path / "README.md"
    readme.write_text(
        "before\n<!-- begin table: claims -->\nwhat stood here\n<!-- end table: claims -->\nafter\n"
    )
    arguments = ["report", str(tmp_path / "benchmark.json"), "--readme", str(readme), "--json"]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- begin table: claims -->\n| Claim")
    assert text.endswith("<!-- end table: claims -->\nafter\n")
    assert "what stood here" not in text
