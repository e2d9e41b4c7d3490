"""Ratings as other tools write them: read as they are, or refused in a sentence; never a part of them."""

import re
from pathlib import Path

import pandas as pd
import pytest

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.analysis import Settings, analyse
from speecht5_demo.listening.cell_words import rating_of, truth_of
from speecht5_demo.listening.methods import ACR, METHODS
from speecht5_demo.listening.ratings import RatingsTable, RatingsWriter, read_ratings
from tests.listening.test_ratings import make_row

CASES = Path(__file__).parent / "ratings_cases"
HEAD = "listener_id,sentence_id,variant,rating\n"


def written(folder: Path, text: str | bytes, name: str = "scores.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def notes(table: RatingsTable) -> str:
    return " ".join(problem.message for problem in table.problems)


@pytest.mark.parametrize(("name", "rows", "baseline", "int8"), [
    ("plain.csv", 48, None, None),
    ("semicolon.csv", 48, None, None),
    ("tab.tsv", 48, None, None),
    ("excel-sep-line.csv", 48, None, None),
    ("other-headers.csv", 48, None, None),
    ("german-excel.csv", 48, None, None),
    ("words.csv", 48, None, None),
    ("words-only.csv", 48, None, None),
    ("half-points.csv", 48, 3.4583, 3.4375),
    ("no-final-newline.csv", 5, 11 / 3, 3.5),
])  # fmt: skip
def test_a_file_of_another_tool_is_read_as_it_is(
    name: str, rows: int, baseline: float | None, int8: float | None
) -> None:
    frame = read_ratings(CASES / name).frame
    plain = read_ratings(CASES / "plain.csv").frame
    assert len(frame) == rows
    assert frame["blind"].all()
    found = {one.variant: one.mos for one in analyse(read_ratings(CASES / name)).headline.variants}
    if rows == 48 and baseline is None:
        assert frame["rating"].tolist() == plain["rating"].tolist()
    else:
        own = pd.read_csv(CASES / name).groupby("variant")["rating"].mean()
        assert found == pytest.approx(own.to_dict())


def test_the_same_file_twice_counts_once_with_a_warning() -> None:
    table = read_ratings([CASES / "plain.csv", CASES / "plain (1).csv"])
    assert len(table.frame) == 48
    assert "48 rows of plain (1).csv are those of plain.csv; each counts once." in notes(table)


def test_other_listeners_with_the_same_names_all_count_and_are_named(tmp_path: Path) -> None:
    first = written(tmp_path, HEAD + "l0,s0,a,3\nl0,s1,a,4\n", "first.csv")
    second = written(tmp_path, HEAD + "l0,s0,a,3\nl0,s1,a,2\n", "second.csv")
    table = read_ratings([first, second])
    assert len(table.frame) == 4
    assert "Are these other listeners?" in notes(table)


@pytest.mark.parametrize(("name", "found", "way_out"), [
    ("one-to-ten.csv", "1 to 10|2 to 10|1 to 9|2 to 9", "--scale 1:10"),
    ("zero-to-hundred.csv", r"\d+ to \d+", "--scale 0:100"),
])  # fmt: skip
def test_another_scale_is_refused_with_its_range_and_read_when_it_is_stated(
    name: str, found: str, way_out: str
) -> None:
    with pytest.raises(RatingsError, match=f"run from ({found}), not 1 to 5.*{way_out}"):
        read_ratings(CASES / name)
    low, high = map(float, way_out.split()[1].split(":"))
    table = read_ratings(CASES / name, scale=(low, high))
    analysis = analyse(table, Settings(scale=(low, high), verdicts=False))
    own = pd.read_csv(CASES / name).groupby("variant")["rating"].mean()
    assert {one.variant: one.mos for one in analysis.headline.variants} == pytest.approx(own.to_dict())
    assert [one.verdict for one in analysis.headline.comparisons] == ["no margin"]


def test_no_variant_called_baseline_is_said_with_the_option_that_names_it() -> None:
    analysis = analyse(read_ratings(CASES / "two-names.csv"))
    assert not analysis.headline.comparisons
    assert "No variant is called baseline" in " ".join(analysis.notes)
    assert "--baseline A" in " ".join(analysis.notes)


@pytest.mark.parametrize(("text", "expected"), [
    ("﻿listener_id;sentence_id;variant;rating\r\nl;s;v;3,5\r\nl;t;v;4\r\n", [3.5, 4.0]),
    ("listener_id|sentence_id|variant|rating\nl|s|v|2\n", [2.0]),
    ("Listener ID, Sentence-ID ,VARIANT,Rating\n l , s , v , 2 \n", [2.0]),
    ("sep=;\nlistener_id;sentence_id;variant;rating;;\nl;s;v;2;;\n;;;;;\n", [2.0]),
    ("listener_id,sentence_id,variant,rating\nl,s,v,3,5\nl,t,v,4\n", [3.5, 4.0]),
    ('listener_id,sentence_id,variant,rating\nl,s,v,"3,5"\n', [3.5]),
    ("listener_id,sentence_id,variant,rating\rl,s,v,3\rl,t,v,4\r", [3.0, 4.0]),
    ("worker,utterance,system,score\nl,s,v,3\n", [3.0]),
    ("listener_id\tsentence_id\tvariant\trating\nl\ts\tv\tAusgezeichnet\n".encode("utf-16"), [5.0]),
    ("listener_id,sentence_id,variant,rating\nl,s,v,Médiocre\n".encode("cp1252"), [2.0]),
    ("listener,sentence,baseline,int8\nl,s,4,3\nl,t,5,\n", [4.0, 3.0, 5.0]),
    ("sentence,variant,w1,w2\ns,baseline,4,3\n", [4.0, 3.0]),
    ("listener,baseline_s1,baseline_s2,int8_s1,int8_s2\nl,5,4,3,2\n", [5.0, 4.0, 3.0, 2.0]),
    ("listener,s1/baseline,s2/baseline,s1/int8,s2/int8\nl,5,4,3,2\n", [5.0, 4.0, 3.0, 2.0]),
])  # fmt: skip
def test_whatever_a_spreadsheet_does_to_a_file_its_ratings_stay(
    tmp_path: Path, text: str | bytes, expected: list[float]
) -> None:
    assert read_ratings(written(tmp_path, text)).frame["rating"].tolist() == expected


@pytest.mark.parametrize(
    "header", ["baseline_s1,baseline_s2,int8_s1,int8_s2", "s1-baseline,s2-baseline,s1-int8,s2-int8"]
)
def test_columns_named_by_clip_are_variant_and_sentence(tmp_path: Path, header: str) -> None:
    frame = read_ratings(written(tmp_path, f"listener,{header}\nw,5,4,3,2\n")).frame
    assert frame["variant"].astype(str).tolist() == ["baseline", "baseline", "int8", "int8"]
    assert frame["sentence_id"].astype(str).tolist() == ["s1", "s2", "s1", "s2"]


P808 = (
    "HITId,workerid,file,short_file_name,vote,condition_num\n"
    "h1,w1,https://x.org/clips/c01_s1.wav,c01_s1.wav,4,c01\n"
    "h1,w1,https://x.org/clips/c02_s1.wav,c02_s1.wav,2,c02\n"
)


def test_votes_per_worker_of_the_p808_toolkit_take_the_sentence_from_the_name_of_the_clip(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, P808)
    with pytest.raises(RatingsError, match=r"no column sentence_id.*--sentence-from"):
        read_ratings(path)
    frame = read_ratings(path, sentence_from=re.compile(r"_(s\d+)\.wav$")).frame
    assert frame["sentence_id"].astype(str).tolist() == ["s1", "s1"]
    assert frame["variant"].astype(str).tolist() == ["c01", "c02"]
    both = re.compile(r"(?P<variant>c\d+)_(?P<sentence>s\d+)")
    no_condition = written(tmp_path, re.sub(r",[^,\n]*$", "", P808, flags=re.MULTILINE), "other.csv")
    assert read_ratings(no_condition, sentence_from=both).frame["variant"].astype(str).tolist() == [
        "c01",
        "c02",
    ]
    with pytest.raises(RatingsError, match="2 clips do not match"):
        read_ratings(path, sentence_from=re.compile(r"take(.)"))


@pytest.mark.parametrize(("column", "cells", "example"), [
    ("rating", ["4", "x", "3"], "1 of 3 cells of rating cannot be read, such as 'x' in row 3"),
    ("rating", ["4", "5 - Good", "3"], "1 of 3 cells of rating cannot be read, such as '5 - Good'"),
    ("blind", ["TRUE", "perhaps", "TRUE"], "1 of 3 cells of blind cannot be read, such as 'perhaps'"),
])  # fmt: skip
def test_a_cell_that_decides_and_cannot_be_read_refuses_the_file(
    tmp_path: Path, column: str, cells: list[str], example: str
) -> None:
    rows = "".join(f"l,s{k},v,{cell if column == 'rating' else 4},{cell if column == 'blind' else 'true'}\n"
                   for k, cell in enumerate(cells))  # fmt: skip
    text = "listener_id,sentence_id,variant,rating,blind\n" + rows
    with pytest.raises(RatingsError, match=re.escape(example)):
        read_ratings(written(tmp_path, text))
    written(tmp_path, text, "ratings-x.csv")
    table = read_ratings(tmp_path)
    assert table.frame.empty
    assert [problem.kind for problem in table.problems] == ["unreadable"]


@pytest.mark.parametrize(
    "change", [("true", "WAHR"), ("true", "VRAI"), ("true", "VERO"), ("true", "VERDADERO")]
)
def test_our_own_file_saved_by_a_spreadsheet_keeps_its_ratings(
    tmp_path: Path, change: tuple[str, str]
) -> None:
    path = RatingsWriter(tmp_path).append(make_row(rating=4))
    whole = path.read_text(encoding="utf-8").replace(
        ",".join(("study", change[0])), ",".join(("study", change[1]))
    )
    path.write_text("﻿" + whole, encoding="utf-8")
    frame = read_ratings(tmp_path).frame
    assert frame["rating"].tolist() == [4.0]
    assert frame["blind"].tolist() == [True]


@pytest.mark.parametrize(("cell", "value"), [
    ("5 - Excellent", "5"), ("excellent", "5"), ("Excellent (5)", "5"), ("(4) Good", "4"), ("4: Good", "4"),
    ("4.0", "4.0"), ("3,5", "3.5"), ("4/5", "4"), ("8/10", None), ("4 stars", "4"), ("Gut", "4"), ("优", "5"),
    ("GOOD!", "4"), ("5 = excellent", "5"), ("5 - Good", None), ("very good", None), ("4-5", None), ("", None),
])  # fmt: skip
def test_a_rating_is_a_number_or_words_of_the_scale_that_agree(cell: str, value: str | None) -> None:
    assert rating_of(cell, ACR) == value


def test_pairs_are_read_in_words_too() -> None:
    paired = METHODS["CCR"]
    assert [rating_of(cell, paired) for cell in ("Much worse", "+2", "−1 Slightly worse")] == [
        "-3",
        "+2",
        "-1",
    ]


@pytest.mark.parametrize(("word", "value"), [
    ("WAHR", "true"), ("FAUX", "false"), ("Vero", "true"), ("FALSO", "false"), ("1", "true"), ("0.0", "false"),
    ("真", "true"), ("", ""), ("maybe", None),
])  # fmt: skip
def test_true_and_false_are_read_in_the_languages_of_spreadsheets(word: str, value: str | None) -> None:
    assert truth_of(word) == value


@pytest.mark.parametrize(("text", "message"), [
    ("rating,listener_id,sentence_id,variant\n3,5,l,s,v\n4,l,t,v\n", "1 line has another number of cells"),
    ("listener,sentence,system,score,mos\nl,s,v,3,4\n", "several columns that may be the rating"),
    ("listener,sentence,a,b,c\nl,s,4,3,2\nl,t,4,3,x\nl,u,4,3,2\n", "1 of 9 cells of rating cannot be read"),
    (HEAD.encode("utf-16-le") + "l,s,v,4\n".encode("utf-16-le"), "no text file"),
])  # fmt: skip
def test_no_mean_comes_from_the_part_of_a_file_that_could_be_read(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(RatingsError, match=message):
        read_ratings(written(tmp_path, text))


def test_a_mapped_column_that_is_not_there_is_refused_also_where_ours_is(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "l,s,v,4\n")
    with pytest.raises(RatingsError, match="has no column 'nope'"):
        read_ratings(path, {"rating": "nope"})


@pytest.mark.parametrize(("text", "expected"), [
    ("ListenerID,sentenceId,Variant,mos_score\nl,s,v,3\n", [3.0]),
    ("listener.id,sentence.id,tts_system,opinion score\nl,s,v,3\n", [3.0]),
    (HEAD + "l,s,v,\uff14\nl,t,v,\u0663\nl,u,v,2.\nl,w,v,4\u200b\n", [4.0, 3.0, 2.0, 4.0]),
    ("listener,age,sentence,a,b\nl,3,s,4,2\n", [4.0, 2.0]),
])  # fmt: skip
def test_headers_and_digits_of_other_tools_are_read(tmp_path: Path, text: str, expected: list[float]) -> None:
    assert read_ratings(written(tmp_path, text)).frame["rating"].tolist() == expected


def test_a_clip_rated_twice_by_one_listener_in_a_file_is_said(tmp_path: Path) -> None:
    table = read_ratings(written(tmp_path, HEAD + "l,s,v,4\nl,s,v,4\nl,t,v,3\n"))
    assert len(table.frame) == 3
    assert "1 row rates a clip that the same listener has rated before; all count." in notes(table)
