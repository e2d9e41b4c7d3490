"""Exports of survey and crowd tools, written as those tools write them: read and named, or refused in a sentence."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.cell_words import rating_of
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.ratings import read_ratings

LISTENERS = [f"p{k}" for k in range(6)]
CLIPS = [(sentence, variant) for sentence in ("s0", "s1", "s2", "s3") for variant in ("baseline", "int8")]
WORDS = {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"}
NAMES = [f"{variant}_{sentence}" for sentence, variant in CLIPS]
TAKEN = {"baseline": 3.5, "int8": 2.5}


def score(listener: int, variant: str) -> int:
    return (3 if variant == "baseline" else 2) + listener % 2


def table(rows: Sequence[Sequence[str]], mark: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    return out.getvalue()


def long(
    cell: Callable[[int], str] = str, more: str = "", head: str = "listener_id,sentence_id,variant,rating"
) -> str:
    """One row a rating; `more` goes behind each, `cell` says how a rating is written."""
    rows = [
        [name, sentence, variant, cell(score(k, variant)), *([more] if more else [])]
        for k, name in enumerate(LISTENERS)
        for sentence, variant in CLIPS
    ]
    return table([head.split(","), *rows])


def wide(
    columns: Sequence[str],
    first: Sequence[str],
    lead: Callable[[int], list[str]],
    cell: Callable[[int], str] = str,
    above: Sequence[Sequence[str]] = (),
    mark: str = ",",
) -> str:
    """One row a listener and one column a clip; `above` are second headers."""
    rows = [[*lead(k), *(cell(score(k, variant)) for _, variant in CLIPS)] for k in range(len(LISTENERS))]
    return table([[*first, *columns], *above, *rows], mark)


def worded(value: int) -> str:
    return f"{value} - {WORDS[value]}"


QUALTRICS = ["StartDate", "Progress", "Duration (in seconds)", "ResponseId"]
QUESTIONS = [
    "Start Date",
    "Progress",
    "Duration (in seconds)",
    "Response ID",
    *(f"How natural? - {n}" for n in NAMES),
]
IMPORTS = [['{"ImportId":"x"}'] * (len(QUALTRICS) + len(NAMES))]
MTURK = [
    "HITId",
    "WorkerId",
    "AssignmentStatus",
    "WorkTimeInSeconds",
    "Input.audio_url",
    "Input.system",
    "Input.sentence",
]


def mturk(answers: Sequence[str], written: Callable[[int], list[str]]) -> str:
    rows = [
        [
            "H1",
            name,
            "Approved",
            "30",
            f"https://x/{variant}_{sentence}.wav",
            variant,
            sentence,
            *written(score(k, variant)),
        ]
        for k, name in enumerate(LISTENERS)
        for sentence, variant in CLIPS
    ]
    return table([[*MTURK, *answers], *rows])


READ: dict[str, str] = {
    "a title above the header": "Listening test, May 2026\n\n" + long(),
    "a title as wide as the table": "Listening test,,,\nExported 2026-01-01,,,\n" + long(),
    "a comment above the header": "# made by a tool\n# v1\n" + long(),
    "Google Forms, a grid a variant": wide(
        [f"{v} [{s}]" for s, v in CLIPS],
        ["Timestamp", "Email Address"],
        lambda k: [f"2026/1/{k + 1}", f"{k}@x.org"],
        worded,
    ),
    "Google Forms without names": wide(
        [f"{v} [{s}]" for s, v in CLIPS], ["Timestamp"], lambda k: [f"2026/1/{k + 1}"]
    ),
    "Google Forms, one grid": wide(
        [f"Rate the clip [{n}]" for n in NAMES],
        ["Timestamp", "Participant ID"],
        lambda k: [f"2026/1/{k + 1}", f"p{k}"],
        WORDS.__getitem__,
    ),
    "Google Forms, a grid a sentence": wide(
        [f"How natural is {s}? [{v}]" for s, v in CLIPS], ["Timestamp"], lambda k: [f"2026/1/{k + 1}"]
    ),
    "Qualtrics, choices as text": wide(
        NAMES, QUALTRICS, lambda k: ["2026-01-01", "100", "540", f"R_{k}"], worded, [QUESTIONS, *IMPORTS]
    ),
    "Qualtrics, numbers of questions": wide(
        [f"Q{k}" for k in range(len(NAMES))],
        QUALTRICS,
        lambda k: ["2026-01-01", "100", "5", f"R_{k}"],
        str,
        [QUESTIONS, *IMPORTS],
    ),
    "LimeSurvey": wide(
        [f"G01Q01[{n}]" for n in NAMES],
        ["Response ID", "Last page", "Seed"],
        lambda k: [str(k + 1), "3", "5"],
        mark=";",
    ),
    "SoSci Survey": wide(
        [f"A10{k}_01" for k in range(8)],
        ["CASE", "SERIAL", "QUESTNNR", "STARTED"],
        lambda k: [str(100 + k), "", "base", "2026-01-01 10:00"],
        str,
        [["Nummer", "Serie", "Fragebogen", "Beginn", *(f"{v}: {s}" for s, v in CLIPS)]],
        "\t",
    ),
    "Mechanical Turk, one answer": mturk(["Answer.rating"], lambda n: [str(n)]),
    "Mechanical Turk, a label": mturk(["Answer.quality.label"], lambda n: [worded(n)]),
    "Mechanical Turk, a column a point": mturk(
        [f"Answer.rating.{k}" for k in range(1, 6)], lambda n: [str(n == k).lower() for k in range(1, 6)]
    ),
    "a row a clip and a column a listener": table(
        [["clip", *LISTENERS], *([f"{v}_{s}", *(str(score(k, v)) for k in range(6))] for s, v in CLIPS)]
    ),
    "a worksheet with decimal commas": wide(
        [f"{v} {s}" for s, v in CLIPS], ["Listener"], lambda k: [f"p{k}"], lambda n: f"{n},0", mark=";"
    ),
    "baseline in several cases": long()
    .replace("p0,s0,baseline", "p0,s0,Baseline")
    .replace("p1,s1,b", "p1,s1,B"),
    "another word for ACR": long(more="MOS", head="listener_id,sentence_id,variant,rating,method"),
    "a role in another case": long(more="Test", head="listener_id,sentence_id,variant,rating,role"),
    "colours of a terminal": long().replace("int8", "\x1b[31mint8\x1b[0m"),
}


@pytest.mark.parametrize("name", READ)
def test_an_export_is_read_and_gives_the_means_of_its_cells(name: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(READ[name], encoding="utf-16" if "SoSci" in name else "utf-8")
    found = read_ratings(path)
    analysis = analyse(found)
    assert {one.variant: one.mos for one in analysis.headline.variants} == TAKEN
    assert [(one.n_ratings, one.n_listeners, one.n_sentences) for one in analysis.headline.variants] == [
        (24, 6, 4)
    ] * 2


@pytest.mark.parametrize("cell", ["(4) Good", "[4] Good", "4 - Good", "4 – Good", "4: Good", "Good (4)", "★★★★",
                                  "★★★★☆",
                                  "⭐⭐⭐⭐", "4/5", "4 out of 5", "4 stars", "four", "=4", "'4", '"4"'])  # fmt: skip
def test_a_four_is_read_however_it_is_written(cell: str) -> None:
    assert rating_of(cell, ACR) == "4"


@pytest.mark.parametrize("cell", ["(4) Fair", "★★☆", "80%", "A4", "4/7", "fourish", "★4"])
def test_what_may_mean_something_else_is_not_read(cell: str) -> None:
    assert rating_of(cell, ACR) is None


REFUSED = {
    "clips named by numbers": (table([["workerid", "vote_1", "vote_2"], ["w", "1", "2"]]), "has no column"),
    "Prolific, people without ratings": (
        table([["Submission id", "Participant id", "Status", "Time taken", "Age"], ["x", "p", "OK", "3", "4"]]),
        "has no column sentence_id, variant, rating",
    ),
    "P.808, clips without listeners": (
        table([["file_url", "short_file_name", "MOS", "n"], ["u", "a_s.wav", "3.5", "6"]]),
        "has no column listener_id",
    ),
    "WebMUSHRA": (
        table([["participant_id", "trial_id", "rating_stimulus", "rating_score", "rating_time"],
               *([f"p{k}", "s0", "int8", str(20 * k), "1000"] for k in range(6))]), "--scale 0:100"),
    "answer codes": (wide([f"{v}[{s}]" for s, v in CLIPS], ["id"], lambda k: [str(k)], lambda n: f"A{n}"),
                     "holds the codes of answers"),
    "two rows of headers": (
        table([["", "baseline", "baseline"], ["Listener", "s0", "s1"], ["p", "3", "4"]]), "names a column twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_without_guessing_is_one_sentence(name: str, tmp_path: Path) -> None:
    text, sentence = REFUSED[name]
    path = tmp_path / "export.csv"
    path.write_text(text)
    with pytest.raises(RatingsError, match=sentence) as refusal:
        read_ratings(path)
    assert "\n" not in str(refusal.value)


TWO_ROWS = {
    "merged cells": ",baseline,,int8,\nlistener,s1,s2,s1,s2\nL1,4,5,3,4\nL2,5,5,2,3\n",
    "repeated labels": "listener,baseline,baseline,int8,int8\n,s1,s2,s1,s2\nL1,4,5,3,4\nL2,5,5,2,3\n",
    "semicolons and other columns": "participant;age;baseline;;int8;\n;;s1;s2;s1;s2\nL1;33;4;5;3;4\nL2;20;5;5;2;3\n",
    "sentences above variants": "listener,s1,s1,s2,s2\n,baseline,int8,baseline,int8\nL1,4,3,5,4\nL2,5,2,5,3\n",
}


@pytest.mark.parametrize("kind", TWO_ROWS)
def test_a_header_of_two_rows_is_read_as_one(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(TWO_ROWS[kind], encoding="utf-8")
    table = read_ratings(path)
    found = {
        (str(row.listener_id), str(row.sentence_id), str(row.variant)): float(row.rating)
        for row in table.frame.itertuples()
    }
    assert len(found) == 8
    assert (found["L1", "s1", "baseline"], found["L1", "s2", "int8"], found["L2", "s1", "int8"]) == (4, 4, 2)
    assert any("the header has two rows" in problem.message for problem in table.problems)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (
            "id,submitdate,Q1[baseline_s1],Q1[int8_s1]\n1,2026-01-01,A1,A2\n2,2026-01-02,A5,A3\n",
            r"Q1\[baseline_s1\]",
        ),
        ("listener,sentence,variant,rating\nL1,s1,baseline,AO01\nL1,s1,int8,AO03\n", "rating"),
        ("listener,sentence,baseline,int8\nL1,s1,A4,A2\nL2,s1,,A3\n", "baseline"),
    ],
)
def test_codes_of_answers_are_refused_since_they_do_not_say_which_is_best(
    text: str, column: str, tmp_path: Path
) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RatingsError, match=rf"{column} holds the codes of answers \(A.*Full answers"):
        read_ratings(path)


def test_variants_that_are_called_like_codes_are_variants(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("listener,sentence,variant,rating\nL1,s1,A1,4\nL1,s1,A2,3\n", encoding="utf-8")
    assert list(read_ratings(path).frame["variant"].astype(str)) == ["A1", "A2"]
