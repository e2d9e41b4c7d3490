"""`mos` on the command line: any CSV in, one JSON document or one report out."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmarks.many_ratings import run as run_benchmark
from benchmarks.many_ratings import write_files
from speecht5_demo.cli import app
from speecht5_demo.commands.mos import parse_mapping
from speecht5_demo.errors import RatingsError

VARIANT_FIELDS = [
    "variant",
    "mos",
    "ci95",
    "ci95_listener",
    "ci95_naive",
    "n_ratings",
    "n_listeners",
    "n_sentences",
    "counts",
]
COMPARISON_FIELDS = [
    "variant",
    "baseline",
    "difference",
    "ci95",
    "p",
    "p_holm",
    "verdict",
    "listeners_needed",
]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A long CSV as other tools write it: 6 workers, 5 utterances, 2 systems."""
    rows = [
        {
            "worker": f"w{who}",
            "utt": f"u{what}",
            "model": model,
            "score": 1 + (who * 3 + what * 2 + (model == "b")) % 5,
        }
        for who in range(6)
        for what in range(5)
        for model in ("a", "b")
    ]
    path = tmp_path / "crowd.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


MAP = ["--map", "rating=score,listener=worker,sentence=utt,system=model", "--baseline", "a"]


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["mos", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_json_has_the_promised_fields_and_agrees_with_plain_pandas(foreign: Path) -> None:
    document = json.loads(run(foreign, *MAP, "--json", "--margin", "0.3"))
    assert set(document) >= {"variants", "comparisons", "excluded", "settings", "screened"}
    frame = pd.read_csv(foreign)
    means = frame.groupby("model")["score"].mean()
    for one in document["variants"]:
        assert set(one) >= set(VARIANT_FIELDS)
        assert one["mos"] == pytest.approx(means[one["variant"]], abs=1e-9)
        assert one["n_ratings"] == 30
    (comparison,) = document["comparisons"]
    assert set(comparison) >= set(COMPARISON_FIELDS)
    assert comparison["difference"] == pytest.approx(means["a"] - means["b"], abs=1e-9)
    assert document["settings"]["margin"] == 0.3
    assert set(document["screened"]) >= {"variants", "comparisons"}


def test_the_report_stands_alone(foreign: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.html"
    run(foreign, *MAP, "--html", path)
    text = path.read_text(encoding="utf-8")
    assert text.count("<svg") >= 4
    for outside in ("<script", "<link", "src=", "@import", 'href="http'):
        assert outside not in text
    assert "Ribeiro" in text


def test_the_summary_opens_as_csv(foreign: Path, tmp_path: Path) -> None:
    path = tmp_path / "summary.csv"
    run(foreign, *MAP, "--csv", path)
    frame = pd.read_csv(path)
    assert frame.query("view == 'all'")["variant"].tolist() == ["a", "b"]


@pytest.mark.parametrize("written", ["rating", "grade=score", "rating="])
def test_a_mapping_that_makes_no_sense_is_refused_with_what_would(written: str) -> None:
    with pytest.raises(RatingsError, match="ours=theirs"):
        parse_mapping(written)


def test_a_missing_column_is_named(foreign: Path) -> None:
    foreign.write_text(foreign.read_text(encoding="utf-8").replace("score", "value"), encoding="utf-8")
    with pytest.raises(RatingsError, match=r"has no column rating.*--map"):
        CliRunner().invoke(app, ["mos", str(foreign)], catch_exceptions=False)


def test_a_stated_scale_gives_means_and_no_verdict_without_a_margin(tmp_path: Path) -> None:
    path = tmp_path / "hundred.csv"
    rows = [f"l{k},s{j},{v},{40 + k + 7 * j + lost}" for k in range(4) for j in range(4)
            for v, lost in (("baseline", 9), ("int8", j + k % 2))]  # fmt: skip
    path.write_text("\n".join(["listener_id,sentence_id,variant,rating", *rows]), encoding="utf-8")
    document = json.loads(run(path, "--scale", "0:100", "--json"))
    assert document["settings"]["scale"] == [0, 100]
    assert [one["verdict"] for one in document["comparisons"]] == ["no margin"]
    document = json.loads(run(path, "--scale", "0:100", "--margin", "20", "--json"))
    assert [one["verdict"] for one in document["comparisons"]] == ["not worse"]


@pytest.mark.parametrize(
    ("option", "value"), [("--scale", "five"), ("--scale", "5:1"), ("--sentence-from", "(")]
)
def test_an_option_that_makes_no_sense_is_refused(foreign: Path, option: str, value: str) -> None:
    with pytest.raises(RatingsError, match=option):
        CliRunner().invoke(app, ["mos", str(foreign), option, value], catch_exceptions=False)


def test_many_ratings_are_read_and_timed_against_pandas(tmp_path: Path) -> None:
    write_files(tmp_path, 3000, 3)
    found = run_benchmark(tmp_path, 3000, 3, rounds=1)
    assert found.ratio > 0
    assert 0 < found.analysed.peak_bytes < 1e9


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "listener_id,sentence_id,variant,rating\n"])
def test_a_file_without_a_rating_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RatingsError, match=r"scores\.csv holds no ratings"):
        CliRunner().invoke(app, ["mos", str(path)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("blind", "FALSE", "2 not-blind"),
        ("role", "main", "2 unknown-role"),
        ("method", "MUSHRA", "2 other-method"),
    ],
)
def test_ratings_of_which_none_counts_are_an_error_with_the_reasons(
    tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"listener_id,sentence_id,variant,rating,{column}\nl,s,a,3,{cell}\nl,s,b,4,{cell}\n")
    for extra in ((), ("--json",)):
        done = CliRunner().invoke(app, ["mos", str(path), *extra])
        assert isinstance(done.exception, RatingsError)
        assert f"None of 2 ratings counts: {reason}" in str(done.exception)


def test_names_of_variants_reach_the_screen_as_text(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("listener_id,sentence_id,variant,rating\nl,s,[red]x[/b],3\nl,s,\x1b[31my\x1b[0m,4\n")
    printed = CliRunner().invoke(app, ["mos", str(path)], catch_exceptions=False).output
    assert "\x1b" not in printed
    assert "[red]x[/b]" in printed


def test_a_result_file_that_cannot_be_read_fails_the_report(tmp_path: Path) -> None:
    path = tmp_path / "BAD.csv"
    path.write_text("not a result")
    done = CliRunner().invoke(app, ["report", str(path)])
    assert done.exit_code == 1
    assert "BAD.csv is no JSON" in str(done.exception)
