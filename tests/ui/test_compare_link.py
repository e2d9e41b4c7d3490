"""A link opens the same comparison: for its visitor with all that was rated, for anybody else blind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import DemoError, TextError
from speecht5_demo.listening.ratings import RatingsWriter, read_ratings
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.link import Arrival, RunLink
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.ui.settings import Settings
from tests.ui.conftest import Guest

ANN, BOB = "ann-0123456789", "bob-0123456789"
StartServer = Callable[[], Guest]


@pytest.fixture
def start_server(tiny: Checkpoint, tiny_synthesizer: Synthesizer, tmp_path: Path) -> StartServer:
    """A server on one data folder, as often as it is started."""

    def start() -> Guest:
        writer = RatingsWriter(tmp_path / "ratings")
        return Guest(CompareService(AppContext(Settings(data=tmp_path), tiny, tiny_synthesizer, writer)))

    return start


def opened(guest: Guest, link: str, listener: str) -> Run:
    run = guest.service.open_link(RunLink.read(link), Visitor(f"tab of {listener}"), listener)
    return guest.finish(run)


def audio(run: Run) -> dict[str, str]:
    return {card.variant.name: hashlib.sha256(card.clip.audio.read_bytes()).hexdigest() for card in run.cards}


def rate(guest: Guest, run: Run, place: int, score: int, listener: str) -> dict[str, object]:
    ticket = run.cards[place].ticket
    return guest.service.rate({"ticket": ticket, "rating": score, "listener": listener})


def scores(run: Run) -> dict[str, int | None]:
    return {card.variant.name: card.rating for card in run.cards}


@pytest.mark.parametrize(
    "link",
    [
        RunLink(
            "Ää & =#?",
            VoiceChoice("am_michael"),
            7,
            ("baseline", "int8"),
            OwnVariant(),
            3,
            False,
            "w0rd-w0rd",
        ),
        RunLink(
            "One.",
            VoiceChoice("am_michael", "tok", "bf_emma", 30),
            None,
            (),
            OwnVariant(True, 60, True, "*", "a"),
            1,
            True,
        ),
    ],
)
def test_a_link_holds_all_that_was_asked_for(link: RunLink) -> None:
    read = RunLink.read(link.written())
    assert read.written() == link.written()
    assert (read.text, read.variants, read.seed, read.blind, read.word) == (
        link.text, link.variants, link.seed, link.blind, link.word
    )  # fmt: skip
    assert (read.voice.name, read.voice.share_percent) == (link.voice.name, link.voice.share_percent)
    assert read.own.wanted is link.own.wanted


@pytest.mark.parametrize(
    "written", ["", "run=x", "text=a", "&" * 100, "text=a&voice=" + "b" * 30_000, None, 7]
)
def test_a_link_that_is_none_is_refused_in_a_sentence(written: object) -> None:
    with pytest.raises(TextError):
        RunLink.read(written)


@pytest.mark.parametrize("sent", [None, 7, "", "[]", "{", json.dumps({"listener": 3})])
def test_a_page_that_brings_nothing_opens_as_on_a_first_visit(sent: object) -> None:
    assert Arrival.read(sent) == Arrival(None, None, "")


def test_the_link_of_a_blind_comparison_tells_no_seed(start_server: StartServer) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    assert "seed" not in run.link
    assert str(run.plan.seed) not in json.dumps(board_view(run))


def test_a_restarted_server_speaks_the_same_samples_and_knows_what_was_rated(
    start_server: StartServer,
) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    rate(guest, run, 1, 5, ANN)
    again = opened(start_server(), run.link, ANN)
    assert audio(again) == audio(run)
    assert [card.variant for card in again.cards] == [card.variant for card in run.cards]
    assert scores(again) == scores(run)
    assert again.plan.blind
    assert not again.revealed


def test_samples_that_are_kept_are_not_spoken_again(start_server: StartServer) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    other = guest.service.open_link(RunLink.read(run.link), Visitor("tab of bob"), BOB)
    assert other.over
    assert audio(other) == audio(run)
    assert not {card.ticket for card in other.cards} & {card.ticket for card in run.cards}
    assert not {card.clip.audio for card in other.cards} & {card.clip.audio for card in run.cards}


def begun(guest: Guest, then: Callable[[Run], None], samples: int) -> Run:
    """A run to which something happens in the moment in which it has that many samples."""
    with guest.behind_another():
        run = guest.start(listener=ANN, repeats=1)
        complete = run.complete

        def completed(card: Card) -> None:
            complete(card)
            if len(run.made) == samples:
                then(run)

        run.complete = completed  # type: ignore[method-assign]
    return guest.finish(run)


def test_a_page_loaded_again_is_the_same_comparison(start_server: StartServer) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    assert opened(guest, run.link, ANN) is run


def test_a_comparison_that_its_visitor_left_goes_on_where_it_was(start_server: StartServer) -> None:
    guest = start_server()
    run = begun(guest, lambda run: guest.service.leave("visitor"), samples=1)
    assert len(run.made) == 1
    again = opened(guest, run.link, ANN)
    assert again is not run
    assert len(again.cards) == 3
    assert again.order == run.order


def test_it_is_blind_again_for_who_opens_it(start_server: StartServer) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    for place in range(3):
        rate(guest, run, place, 4, ANN)
    assert run.revealed
    other = opened(guest, run.link, BOB)
    assert other.plan.blind
    assert scores(other) == dict.fromkeys(scores(run))
    assert "label" not in json.dumps(board_view(other)["cards"])
    orders = {
        tuple(opened(guest, run.link, f"{BOB}{number}").order)
        for number in range(12)
    }  # fmt: skip
    assert len(orders) > 1


@pytest.mark.parametrize("restarted", [False, True])
def test_who_has_seen_the_names_does_not_hear_it_blind_again_and_the_rows_say_so(
    start_server: StartServer, tmp_path: Path, restarted: bool
) -> None:
    guest = start_server()
    first = begun(guest, lambda run: guest.service.stop(run.id), samples=2)
    for place in range(2):
        rate(guest, first, place, 4, ANN)
    assert first.revealed
    if restarted:
        guest = start_server()
        second = opened(guest, first.link, ANN)
        assert not second.plan.blind
        assert len(second.cards) == 3
        assert "not blind" in str(board_view(second)["table"])
        left = next(place for place, card in enumerate(second.cards) if card.rating is None)
        rate(guest, second, left, 2, ANN)
        rows = read_ratings(tmp_path / "ratings").frame.sort_values("submitted_at")
        assert rows["blind"].tolist() == [True, True, False]
    else:
        assert opened(guest, first.link, ANN) is first


@pytest.mark.parametrize("part", ["text=Good+morning", "versions=baseline+int8+pruned"])
def test_a_link_that_was_changed_gives_another_secret_seed(start_server: StartServer, part: str) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    assert part in run.link
    changed = run.link.replace("versions=baseline+int8+pruned", "versions=baseline+int8") if "versions" in part else (
        run.link.replace(part, "text=Good+evening")
    )  # fmt: skip
    assert opened(guest, changed, BOB).plan.seed != run.plan.seed


def test_another_deployment_cannot_make_the_seed(start_server: StartServer, tmp_path: Path) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    (tmp_path / "listening-secret").unlink()
    assert opened(start_server(), run.link, ANN).plan.seed != run.plan.seed


def test_a_link_to_an_uploaded_voice_that_is_gone_says_so(start_server: StartServer) -> None:
    guest = start_server()
    run = guest.finish(guest.start(listener=ANN))
    link = RunLink.read(run.link + "&upload=gone")
    with pytest.raises(DemoError, match="Choose it again"):
        guest.service.open_link(link, Visitor("tab"), ANN)
