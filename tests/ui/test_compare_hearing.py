"""What a recogniser hears of a run: after the reveal only, once, behind who waits for a voice, and kept."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Generator

import pytest

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.hearing import Heard, HeardWord
from speecht5_demo.ui.compare import hearing
from speecht5_demo.ui.compare.bundle import bundle
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from tests.ui.conftest import Guest

FOUND = Heard(
    "=Good mourning.", (HeardWord("good", "same"), HeardWord("mourning", "other", "morning")), 0.5, 3.2, 2.5
)


class Listener:
    """In place of the recogniser: works only while it may, and notes how many samples `another` run then has."""

    def __init__(self) -> None:
        self.may_work = threading.Event()
        self.may_work.set()
        self.heard = 0
        self.another: Run | None = None
        self.made: list[int] = []

    def __call__(self, *_: object) -> Generator[None, None, Heard]:
        self.may_work.wait(60)
        yield
        self.made.append(len(self.another.made) if self.another else 0)
        self.heard += 1
        return FOUND


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    found = Listener()
    monkeypatch.setattr(hearing, "lacking", lambda: ())
    monkeypatch.setattr(hearing, "find_recogniser", lambda: None)
    monkeypatch.setattr(hearing, "open_in_parts", lambda found: iter(()))
    monkeypatch.setattr(hearing, "hear_in_parts", found)
    return found


@pytest.fixture
def guest(visitor: Guest, listener: Listener) -> Guest:
    """A visitor whose samples are heard by `listener`."""
    return visitor


def press(guest: Guest, run: Run) -> dict[str, object]:
    return guest.service.hearing.hear({"ticket": run.made[0].ticket, "start": True})


def heard_of(guest: Guest, run: Run) -> Run:
    press(guest, run)
    guest.wait(lambda: run.heard is not None and run.heard.phase in ("done", "failed"))
    return run


def test_nothing_is_heard_of_a_blind_run_before_all_is_rated(guest: Guest, listener: Listener) -> None:
    run = guest.finish(guest.start())
    assert board_view(run)["heard"] is None
    assert "names are shown" in str(press(guest, run)["problem"])
    for card in run.cards:
        guest.service.rate({"ticket": card.ticket, "rating": 4})
    assert board_view(run)["heard"]["samples"] == []
    assert listener.heard == 0


def test_each_sample_is_heard_once_and_shown_with_the_words_that_differ(
    guest: Guest, listener: Listener
) -> None:
    run = heard_of(guest, guest.finish(guest.start(blind=False)))
    again = press(guest, run)["heard"]
    assert listener.heard == 3
    assert isinstance(again, dict)
    assert again["done"]
    assert [sample["letter"] for sample in again["samples"]] == ["A", "B", "C"]
    assert again["samples"][0]["words"][1] == {"text": "mourning", "kind": "other", "said": "morning"}
    assert again["samples"][0]["facts"] == (
        "1 word of 2 wrong; predicted MOS 3.2 (DNSMOS P.808), 2.5 (Distill-MOS)."
    )


def test_who_waits_for_a_voice_is_served_before_the_rest_is_heard(guest: Guest, listener: Listener) -> None:
    run = guest.finish(guest.start(blind=False))
    listener.may_work.clear()
    press(guest, run)
    guest.wait(lambda: run.heard is not None and run.heard.phase == "hearing")
    listener.another = guest.start(session="another", address="10.0.0.2", repeats=1)
    listener.may_work.set()
    guest.wait(lambda: run.heard is not None and run.heard.phase == "done")
    assert listener.made == [3, 3, 3]


def test_what_was_heard_is_taken_away_with_the_samples(guest: Guest) -> None:
    run = guest.finish(guest.start(blind=False))
    assert json.loads(figures(run, "figures.json"))[0]["heard"] is None
    heard_of(guest, run)
    row = json.loads(figures(run, "figures.json"))[0]
    assert (row["heard"], row["words_wrong"], row["words_said"]) == ("=Good mourning.", 1, 2)
    assert (row["predicted_mos_dnsmos"], row["predicted_mos_distill"]) == (3.2, 2.5)
    assert b"'=Good mourning." in figures(run, "figures.csv")


def figures(run: Run, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        return archive.read(name)


def test_a_failure_is_one_sentence_and_the_button_tries_again(
    guest: Guest, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> None:
        raise QualityError("The weights are nowhere. Install them.")

    monkeypatch.setattr(hearing, "find_recogniser", nowhere)
    run = heard_of(guest, guest.finish(guest.start(blind=False)))
    assert board_view(run)["heard"]["problem"].endswith("The weights are nowhere. Install them.")
    monkeypatch.setattr(hearing, "find_recogniser", lambda: None)
    assert board_view(heard_of(guest, run))["heard"]["done"]


def test_a_page_that_is_gone_has_nothing_heard(
    guest: Guest, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "LEFT_S", -1.0)
    run = heard_of(guest, guest.finish(guest.start(blind=False)))
    assert (listener.heard, board_view(run)["heard"]["problem"]) == (0, hearing.NOBODY_WAITED)


def test_where_the_measuring_set_is_absent_the_button_says_what_to_install(
    guest: Guest, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "lacking", lambda: ("faster-whisper", "jiwer"))
    run = guest.finish(guest.start(blind=False))
    press(guest, run)
    assert board_view(run)["heard"]["lacking"] == (
        "This needs faster-whisper, jiwer, which are not installed here: run `make quality`, "
        "then start the app again."
    )
    assert listener.heard == 0


@pytest.mark.parametrize("sent", [None, [], {}, {"ticket": 7}, {"ticket": "nobody's", "start": True}])
def test_what_is_no_ticket_is_answered_in_a_sentence(guest: Guest, sent: object) -> None:
    assert set(guest.service.hearing.hear(sent)) == {"problem"}
