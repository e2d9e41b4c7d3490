"""Ratings are written once, survive what kills a server, and are read back as they were given."""

import csv
import json
import multiprocessing
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from speecht5_demo.errors import RatingsError
from speecht5_demo.hosting.dataset import csv_text
from speecht5_demo.listening.analysis.cleaning import clean
from speecht5_demo.listening.cells import neutralise, restore
from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingRow, RatingsWriter, read_ratings
from tests.support.programs import converse, run

CONTRACT = (
    "schema_version,rating_id,study_id,session_id,listener_id,submitted_at,source,blind,trial,position,method,"
    "question,role,stimulus_id,compared_with,sentence_id,text,speaker,variant,checkpoint,seed,audio_sha256,rating,"
    "heard_fraction,plays,response_s,device,headphones,flags,app_version,corrects"
)


def make_row(**changes: object) -> RatingRow:
    given = {
        "study_id": "s", "session_id": "se", "listener_id": "l", "source": "study", "blind": True, "trial": 0,
        "position": 1, "question": "How natural is it?", "stimulus_id": "a1", "sentence_id": "h1",
        "text": "Glue the sheet.", "speaker": "am_michael", "variant": "int8", "checkpoint": "embedded", "seed": 7,
        "audio_sha256": "0" * 64, "rating": 4, "heard_fraction": 0.98, "plays": 1, "response_s": 4.25,
    }  # fmt: skip
    return RatingRow(**{**given, **changes})


def test_columns_are_the_contract(tmp_path: Path) -> None:
    path = RatingsWriter(tmp_path).append(make_row())
    assert path.read_text().splitlines()[0] == CONTRACT
    assert ",".join(RATING_COLUMNS) == CONTRACT


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-5", "@cmd", "\t=x", "'=1", "''-", "plain", "'quoted'", "", "é 中 \u200b"]
)
def test_a_formula_is_text_in_the_file_and_itself_again_in_reading(tmp_path: Path, text: str) -> None:
    path = RatingsWriter(tmp_path).append(make_row(text=text))
    cell = next(csv.DictReader(path.open(newline="")))["text"]
    assert cell[:1] not in set("=+-@\t\r")
    assert read_ratings(path).frame["text"].iloc[0] == text
    assert restore(neutralise(text)) == text


def test_numbers_stay_numbers_even_when_negative(tmp_path: Path) -> None:
    path = RatingsWriter(tmp_path).append(make_row(method="CCR", compared_with="b2", rating=-3, seed=None))
    assert next(csv.DictReader(path.open(newline="")))["rating"] == "-3"
    frame = read_ratings(path).frame
    assert frame["rating"].iloc[0] == -3.0
    assert frame["seed"].isna().iloc[0]


def test_a_row_is_one_line_whatever_the_text_holds(tmp_path: Path) -> None:
    path = RatingsWriter(tmp_path).append(make_row(text='one\r\n"two",\u2028three\rfour\x00'))
    assert path.read_bytes().count(b"\n") == 2
    assert read_ratings(path).frame["text"].iloc[0] == 'one "two", three four'


@pytest.mark.parametrize("rating", [0, 6, 4.0, "4", True, None, float("nan")])
def test_a_rating_off_the_scale_never_becomes_a_row(rating: object) -> None:
    with pytest.raises(RatingsError, match="whole numbers from 1 to 5"):
        make_row(rating=rating)


def test_many_threads_lose_nothing_and_tear_nothing(tmp_path: Path) -> None:
    writer = RatingsWriter(tmp_path)
    threads = [
        threading.Thread(
            target=lambda k=k: [writer.append(make_row(rating_id=f"{k}-{n}")) for n in range(25)]
        )
        for k in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = read_ratings(tmp_path)
    assert len(table.files) == 1
    assert table.frame["rating_id"].nunique() == len(table.frame) == 400
    assert table.problems == ()


def _append_in_child(writer: RatingsWriter) -> None:
    writer.append(make_row(rating_id="child"))


def test_a_forked_process_gets_a_file_of_its_own(tmp_path: Path) -> None:
    writer = RatingsWriter(tmp_path)
    writer.append(make_row(rating_id="parent"))
    child = multiprocessing.get_context("fork").Process(target=_append_in_child, args=(writer,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    writer.append(make_row(rating_id="parent again"))
    files = {path.name: path.read_text().count("\n") for path in tmp_path.glob("ratings-*.csv")}
    assert sorted(files.values()) == [2, 3]
    assert set(read_ratings(tmp_path).frame["rating_id"]) == {"parent", "child", "parent again"}


def test_acknowledged_rows_survive_sigkill(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from tests.listening.test_ratings import make_row, RatingsWriter\n"
        "writer = RatingsWriter(sys.argv[1])\n"
        "for n in range(10**6):\n"
        "    writer.append(make_row(rating_id=str(n))); print(n, flush=True)\n"
    )
    saving = converse(["-c", program, str(tmp_path)], os.environ)
    for _ in range(50):
        saving.stdout.readline()
    saving.process.kill()
    said = 50 + len(saving.stdout.read().splitlines())
    saving.close()
    kept = read_ratings(tmp_path).frame["rating_id"].astype(int).tolist()
    assert kept[:said] == list(range(said))


def test_a_torn_last_line_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    writer = RatingsWriter(tmp_path)
    for n in range(3):
        path = writer.append(make_row(rating_id=str(n)))
    whole = path.read_bytes()
    for cut in (1, 5, 40, 200):
        path.write_bytes(whole[:-cut])
        table = read_ratings(tmp_path)
        assert table.frame["rating_id"].tolist() == ["0", "1"]
        assert [problem.kind for problem in table.problems] == ["torn-line"]
    path.write_bytes(whole + b"\x00" * 512)
    assert len(read_ratings(tmp_path).frame) == 3


def test_a_full_disk_is_not_called_saved_and_the_next_row_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = RatingsWriter(tmp_path)
    writer.append(make_row(rating_id="before"))
    with monkeypatch.context() as disk:
        real = os.write
        disk.setattr(os, "write", lambda descriptor, data: real(descriptor, data[: len(data) // 2]))
        with pytest.raises(RatingsError, match="could not be written"):
            writer.append(make_row(rating_id="lost"))
    writer.append(make_row(rating_id="after"))
    table = read_ratings(tmp_path)
    assert set(table.frame["rating_id"]) == {"before", "after"}
    assert table.problems == ()


@pytest.mark.parametrize("space", [0, 900, 2000])
def test_a_disk_that_fills_leaves_no_descriptor_and_no_empty_file_and_goes_on_when_it_is_freed(
    tmp_path: Path, space: int
) -> None:
    """In a process of its own, whose files the kernel lets grow to so many bytes and no further."""
    script = (
        "import resource, signal, sys, os, json\n"
        "from pathlib import Path\n"
        "from speecht5_demo.errors import RatingsError\n"
        "from speecht5_demo.listening.ratings import RatingsWriter\n"
        "from tests.listening.test_ratings import make_row\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder, space = Path(sys.argv[1]), int(sys.argv[2])\n"
        "writer = RatingsWriter(folder)\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (space, hard))\n"
        "before, saved, refused = len(os.listdir('/proc/self/fd')), [], 0\n"
        "for n in range(50):\n"
        "    try:\n"
        "        writer.append(make_row(rating_id=f'{n}'))\n"
        "        saved.append(str(n))\n"
        "    except RatingsError:\n"
        "        refused += 1\n"
        "leaked = len(os.listdir('/proc/self/fd')) - before\n"
        "left = [path.stat().st_size for path in folder.glob('*.csv')]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))\n"
        "writer.append(make_row(rating_id='after'))\n"
        "print(json.dumps([saved, refused, leaked, left]))\n"
    )
    done = run(["-c", script, str(tmp_path), str(space)], os.environ)
    assert done.returncode == 0, done.stderr
    saved, refused, leaked, left = json.loads(done.stdout)
    assert refused
    assert leaked <= 1
    table = read_ratings(tmp_path)
    assert sorted(table.frame["rating_id"]) == sorted([*saved, "after"])
    assert table.problems == ()
    assert all(size > len(",".join(RATING_COLUMNS)) + 1 for size in left)  # no file without a row stays
    assert all(path.stat().st_mode & 0o007 == 0 for path in tmp_path.glob("*.csv"))


def test_a_repeated_rating_id_counts_once_and_the_first_row_wins(tmp_path: Path) -> None:
    row = make_row(rating_id="same", rating=5)
    for folder in ("a", "b"):
        RatingsWriter(tmp_path / folder).append(row)
    table = read_ratings([tmp_path / "a", tmp_path / "b"])
    assert table.frame["rating"].tolist() == [5.0]
    assert [(problem.kind, problem.count) for problem in table.problems] == [("duplicate", 1)]


def test_two_answers_to_one_trial_are_both_kept_and_named_and_the_first_by_time_counts(
    tmp_path: Path,
) -> None:
    """Two servers took it before either could know of the other; the order of files says nothing."""
    for folder, rating, second in (("a", 1, 9), ("b", 5, 3)):
        moment = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
        RatingsWriter(tmp_path / folder).append(
            make_row(rating_id="same", rating=rating, submitted_at=moment)
        )
    RatingsWriter(tmp_path / "b").append(make_row(rating_id="other", rating=4, flags=("too-fast",)))
    table = read_ratings([tmp_path / "a", tmp_path / "b"])
    assert sorted(zip(table.frame["rating"], table.frame["flags"], strict=True)) == [
        (1.0, "conflict"), (4.0, "too-fast"), (5.0, ""),
    ]  # fmt: skip
    assert [(problem.kind, problem.count) for problem in table.problems] == [("conflict", 1)]
    assert "same" in table.problems[0].message
    cleaned = clean(table.frame)
    assert sorted(cleaned.counted["rating"]) == [4.0, 5.0]
    assert cleaned.counts() == {"conflict": 1}
    # What was merged and written says the same when it is read again, also beside the files it was made of.
    merged = tmp_path / "merged.csv"
    merged.write_text(csv_text(table.frame), encoding="utf-8")
    for sources in ([merged], [tmp_path / "a", merged, tmp_path / "b"]):
        assert sorted(clean(read_ratings(sources).frame).counted["rating"]) == [4.0, 5.0]


def test_optional_columns_may_be_absent_and_unknown_ones_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "other-tool.csv"
    path.write_text(
        "worker,sentence_id,variant,score,mood\nw1,h1,int8,4,good\nw2,h1,int8,,=bad\n", encoding="utf-8"
    )
    table = read_ratings(path, columns={"rating": "score", "listener_id": "worker"})
    assert table.frame["rating"].isna().tolist() == [False, True]
    assert table.frame["mood"].tolist() == ["good", "=bad"]
    assert table.frame[["role", "method", "source"]].iloc[0].tolist() == ["test", "ACR", "study"]
    assert table.frame["blind"].all()
    assert table.frame["rating_id"].is_unique
    assert [(problem.kind, problem.count) for problem in table.problems] == [("empty-rating", 1)]


@pytest.mark.parametrize(("ids", "kept", "problem"), [
    (("rating_id", "r1", "r2", "r3", "r4"), [4.0, 2.0], ("broken-line", 2)),
    (("trial", "1", "2", "3", "4"), [], ("unreadable", 1)),
])  # fmt: skip
def test_a_line_with_cells_too_many_is_skipped_and_counted_in_our_files_and_refuses_others(
    tmp_path: Path, ids: tuple[str, ...], kept: list[float], problem: tuple[str, int]
) -> None:
    rows = ("listener_id,sentence_id,variant,rating", "w,h,v,4", "w,h,v,4,5,6", "w,h", "w,h,v,2")
    text = "".join(f"{name},{row}\n" for name, row in zip(ids, rows, strict=True))
    (tmp_path / "ratings-x.csv").write_text(text, encoding="utf-8")
    table = read_ratings(tmp_path)
    assert table.frame["rating"].tolist() == kept
    assert [(one.kind, one.count) for one in table.problems] == [problem]


def test_a_foreign_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "ratings-x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(RatingsError, match=r"has no column listener_id.*it has a, b"):
        read_ratings(path)
    assert [problem.kind for problem in read_ratings(tmp_path).problems] == ["unreadable"]
    with pytest.raises(RatingsError, match="does not exist"):
        read_ratings(tmp_path / "nowhere")


def test_no_ratings_yet_is_an_empty_table_with_all_columns(tmp_path: Path) -> None:
    frame = read_ratings(tmp_path).frame
    assert len(frame) == 0
    assert tuple(frame.columns) == RATING_COLUMNS


def test_a_correction_takes_the_place_of_what_it_corrects_and_no_row_is_changed(tmp_path: Path) -> None:
    writer = RatingsWriter(tmp_path)
    first, other = make_row(rating=2), make_row(sentence_id="h2", rating=1)
    second = make_row(rating=3, corrects=first.rating_id, flags=("correction",))
    third = make_row(rating=5, corrects=second.rating_id, flags=("correction",))
    for row in (first, other, second, third):
        path = writer.append(row)
    table = read_ratings(tmp_path)
    assert sorted(table.frame["rating"]) == [1, 5]
    assert [(one.kind, one.count) for one in table.problems] == [("corrected", 2)]
    assert len(pd.read_csv(path)) == 4
    assert sorted(read_ratings(tmp_path, only=("rating",)).frame["rating"]) == [1, 5]


def test_files_from_before_corrections_are_read_as_ever(tmp_path: Path) -> None:
    row = make_row()
    columns = RATING_COLUMNS[: RATING_COLUMNS.index("corrects")]
    lines = [",".join(columns), ",".join(row.cells()[: len(columns)])]
    (tmp_path / "ratings-old.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    RatingsWriter(tmp_path).append(make_row(rating=1, corrects=row.rating_id))
    assert read_ratings(tmp_path / "ratings-old.csv").frame["rating"].tolist() == [4]
    assert read_ratings(tmp_path).frame["rating"].tolist() == [1]


def test_pandas_reads_the_file_without_help(tmp_path: Path) -> None:
    path = RatingsWriter(tmp_path).append(make_row(flags=("fast", "muted")))
    frame = pd.read_csv(path)
    assert frame.loc[0, "rating"] == 4
    assert frame.loc[0, "flags"] == "fast;muted"
    assert pd.to_datetime(frame.loc[0, "submitted_at"]).timestamp() == pytest.approx(time.time(), abs=60)
