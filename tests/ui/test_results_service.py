"""Results as a server gives them: drawn once, sealed until a publication that parses, its key not to be guessed."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from pathlib import Path

import pytest

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import RatingsWriter
from speecht5_demo.ui.results import owner as owner_module
from speecht5_demo.ui.results.downloads import make_file
from speecht5_demo.ui.results.owner import GUESSES, GuessedTooOftenError, Owner
from speecht5_demo.ui.results.service import ResultsService, ResultsView
from speecht5_demo.ui.results.view import view
from speecht5_demo.ui.settings import SettingsError
from tests.listening.conftest import VOICE, make_study
from tests.listening.test_ratings import make_row


def service(folder: Path) -> ResultsService:
    return ResultsService(folder / "ratings", folder / "study", folder, ())


@pytest.mark.parametrize(
    "written", ["", "{", "[]", "{}", '{"published": ""}', '{"published": "soon"}', "null"]
)
def test_a_note_of_publication_that_does_not_parse_is_none(tmp_path: Path, written: str) -> None:
    results = service(tmp_path)
    (tmp_path / "published-ratings.json").write_text(written)
    assert not results._published(None)
    results.publish(True)
    assert results._published(None)
    assert not list(tmp_path.glob("*.part"))
    results.publish(False)
    assert not results._published(None)


def test_nothing_is_headed_grades_before_anybody_rated(tmp_path: Path) -> None:
    assert ">Grades<" not in view(service(tmp_path).view_for(owner=True)).scores


def test_many_visitors_cause_one_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = service(tmp_path)
    drawn: list[bool] = []
    make = results._make

    def slowly(owner: bool, signature: tuple[object, ...]) -> ResultsView:
        drawn.append(owner)
        return make(owner, signature)

    monkeypatch.setattr(results, "_make", slowly)
    visitors = [threading.Thread(target=results.view_for, args=(False,)) for _ in range(20)]
    for each in visitors:
        each.start()
    for each in visitors:
        each.join()
    assert drawn == [False]


def test_a_key_cannot_be_guessed_quickly_and_one_wrong_key_sent_again_is_one_guess(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = Owner("the key")
    for _ in range(50):
        assert not owner.is_known("wrong", "here")
    for number in range(GUESSES - 1):
        assert not owner.is_known(f"guess {number}", "here")
    with pytest.raises(GuessedTooOftenError, match="Wait a minute"):
        owner.is_known("the key", "here")
    assert owner.is_known("the key", "elsewhere")
    monkeypatch.setattr(owner_module, "SPAN_S", -1.0)
    assert owner.is_known("the key", "here")


@pytest.mark.parametrize("given", ["", " ", None, 5, ["the key"], "x" * 501, "\ud800"])
def test_what_is_no_key_is_not_the_key(given: object) -> None:
    assert not Owner("the key").is_known(given)


def test_a_data_folder_that_cannot_hold_a_key_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"DATA_DIR .* cannot be written"):
        Owner.of(tmp_path / "file" / "data", None)


def test_the_owner_sees_how_many_sessions_were_suspicious_and_why_and_visitors_do_not(tmp_path: Path) -> None:
    manifest = prepare(make_study(id="study-1"), VOICE, tmp_path / "study")
    for session, flags in (("a", ("too-fast",)), ("b", ("too-fast", "not-fetched")), ("c", ())):
        row = make_row(session_id=session, study_id=manifest.study.id, flags=flags)
        RatingsWriter(tmp_path / "ratings").append(row)
    (tmp_path / "ratings" / "refusals-x.csv").write_text(
        "at,study_id,reason\n2026-01-01,study-1,not-heard\n2026-01-01,study-1,=evil\n2026-01-01,other,not-ours\n"
    )
    results = service(tmp_path)
    results.publish(True)
    seen = view(results.view_for(True)).listeners
    assert re.search(r"came sooner than its clips last.*?<td[^>]*>2</td>", seen, re.DOTALL)
    assert re.search(r"not fetched to its end.*?<td[^>]*>1</td>", seen, re.DOTALL)
    assert re.search(r"a rating sooner than its clips last.*?<td[^>]*>1</td>", seen, re.DOTALL)
    assert "=evil" not in seen
    assert "Suspicious" not in view(results.view_for(False)).listeners


def test_a_backup_put_back_is_the_same_ratings_and_ends_at_whole_lines(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings"
    ratings.mkdir()
    (ratings / "ratings-one.csv").write_text("rating_id,rating\na,4\nb,5\nc,")
    (ratings / "sessions-one.csv").write_text("event_id,event\nx,consent\n")
    (ratings / ".uploaded.json").write_text("{}")
    made = make_file("backup", service(tmp_path), None)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert sorted(archive.namelist()) == ["ratings/ratings-one.csv", "ratings/sessions-one.csv"]
        assert archive.read("ratings/ratings-one.csv") == b"rating_id,rating\na,4\nb,5\n"
    assert made.name.endswith(".zip")
