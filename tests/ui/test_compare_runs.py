"""A run from start to reveal, as the server sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from speecht5_demo.errors import DemoError
from speecht5_demo.synthesis import Speech
from speecht5_demo.ui.compare.plan import OwnVariant
from speecht5_demo.ui.compare.runs import KEPT_RUNS, Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.variants import all_variants
from tests.support.random_words import without_random_words
from tests.ui.conftest import Visitor

TELLING = [word for variant in all_variants() for word in (variant.name, variant.label, variant.explanation)]


def silent(view: object) -> str:
    return without_random_words(json.dumps(view, ensure_ascii=False).encode()).decode()


def told(run: Run) -> str:
    return silent(board_view(run))


def rate_all(visitor: Visitor, run: Run, score: int = 4) -> list[dict[str, object]]:
    return [visitor.service.rate({"ticket": card.ticket, "rating": score}) for card in run.cards]


def test_no_snapshot_of_a_blind_run_tells_a_name_or_a_figure(visitor: Visitor) -> None:
    run = visitor.start()
    snapshots = [told(run)] + [told(run) for _ in visitor.service.speak(run.id)]
    snapshots += [
        silent(visitor.service.rate({"ticket": card.ticket, "rating": 2})) for card in run.cards[:-1]
    ]
    assert len(snapshots) > 5
    for snapshot in snapshots:
        assert not [word for word in TELLING if word in snapshot]
        assert not [
            word for word in ("latency", "rtf", " MB", ".png", "faster", "smaller") if word in snapshot
        ]


def test_the_last_rating_reveals_names_and_figures(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start())
    answers = rate_all(visitor, run)
    board = answers[-1]["board"]
    assert isinstance(board, dict)
    assert {card["told"]["name"] for card in board["cards"]} == {"baseline", "int8", "pruned"}
    assert [row["rating"] for row in board["table"]["rows"]] == [4, 4, 4]


def test_blind_runs_are_shuffled_afresh_each_time(visitor: Visitor) -> None:
    orders = {tuple(variant.name for variant in visitor.start().order) for _ in range(120)}
    assert len(orders) == 6


def test_a_run_that_the_queue_refused_is_over_and_says_why(visitor: Visitor) -> None:
    run = visitor.start()
    visitor.service.turn_away(run.id)
    assert run.over
    assert "Too many visitors" in board_view(run)["problem"]
    assert not list(visitor.service.speak(run.id))


def test_a_run_that_was_spoken_cannot_be_turned_away(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start(blind=False))
    visitor.service.turn_away(run.id)
    assert not board_view(run)["problem"]


def test_an_open_run_keeps_the_order_chosen(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start(blind=False))
    assert [card.variant.name for card in run.cards] == ["baseline", "int8", "pruned"]
    assert json.loads(told(run))["table"] is not None


def test_every_repeat_is_in_the_median(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start(repeats=3, blind=False))
    assert [len(card.sample.latency.runs) for card in run.cards] == [3, 3, 3]


def test_a_stopped_run_keeps_what_is_complete_and_can_be_rated(visitor: Visitor) -> None:
    run = visitor.start()
    for _ in visitor.service.speak(run.id):
        if run.cards:
            visitor.service.stop(run.id)
    assert run.phase == "stopped"
    assert len(run.cards) == 1
    (answer,) = rate_all(visitor, run)
    assert answer["saved"] is True
    assert run.revealed


def test_a_run_stopped_before_its_turn_never_speaks(visitor: Visitor) -> None:
    run = visitor.start()
    visitor.service.stop(run.id)
    assert run.over
    assert list(visitor.service.speak(run.id)) == []


def test_speaking_again_stops_the_same_visitors_earlier_run_only(visitor: Visitor) -> None:
    mine, theirs = visitor.start(session="mine"), visitor.start(session="theirs")
    visitor.start(session="mine")
    assert mine.cancel.is_set()
    assert not theirs.cancel.is_set()


def test_leaving_the_page_stops_the_run(visitor: Visitor) -> None:
    run = visitor.start(session="mine")
    visitor.service.leave("mine")
    assert run.cancel.is_set()


def test_a_recipe_that_fails_is_explained_before_anything_speaks(visitor: Visitor) -> None:
    own = OwnVariant(wanted=True, pruned_percent=50, include="no.such.layer")
    run = visitor.finish(visitor.start(own=own))
    assert "no.such.layer" in run.problem
    assert run.cards == []


def test_a_defect_ends_the_run_with_a_sentence_and_no_detail(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Speech]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(visitor.service.context.synthesizer, "warm_up", broken)
    run = visitor.start()
    with pytest.raises(ZeroDivisionError):
        visitor.finish(run)
    assert run.over
    assert "secret detail" not in told(run)
    assert "Press Speak to try again" in told(run)


def test_one_ticket_makes_one_row_under_simultaneous_posts(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    answers: list[dict[str, object]] = []
    posts = [
        threading.Thread(
            target=lambda score=score: answers.append(  # type: ignore[misc]
                visitor.service.rate({"ticket": run.cards[0].ticket, "rating": score})
            )
        )
        for score in (1, 2, 3, 4, 5) * 4
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    (path,) = visitor.service.context.settings.ratings.glob("*.csv")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    assert len({answer["rating"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        7,
        [],
        {},
        {"ticket": None, "rating": 3},
        {"ticket": "guess", "rating": 3},
        {"ticket": ["a"]},
    ],
)
def test_a_rating_without_a_known_ticket_is_refused_in_words(visitor: Visitor, sent: object) -> None:
    visitor.finish(visitor.start(variants=["int8"]))
    answer = visitor.service.rate(sent)
    assert answer["saved"] is False
    assert str(answer["problem"]).endswith(".")


@pytest.mark.parametrize("score", [0, 6, 3.5, "3", True, None, [3], float("nan")])
def test_a_score_off_the_scale_is_refused_and_the_ticket_stays_good(visitor: Visitor, score: object) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": score})["saved"] is False
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3})["saved"] is True


def test_what_a_browser_claims_about_listening_is_checked(visitor: Visitor) -> None:
    run = visitor.finish(visitor.start(variants=["int8"]))
    lies = {"heard_fraction": 7, "plays": "many", "response_s": -1, "listener": "=1+1", "device": "<b>"}
    assert visitor.service.rate({"ticket": run.cards[0].ticket, "rating": 3, **lies})["saved"] is True
    (path,) = visitor.service.context.settings.ratings.glob("*.csv")
    row = path.read_text(encoding="utf-8").splitlines()[1]
    assert "=1+1" not in row
    assert "<b>" not in row
    assert "many" not in row


def test_old_runs_are_forgotten(visitor: Visitor) -> None:
    first = visitor.start()
    for _ in range(KEPT_RUNS):
        visitor.start()
    assert visitor.service.find(first.id) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "   "},
        {"text": None},
        {"text": "word " * 1000},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": None},
        {"variants": []},
        {"variants": ["nope"]},
        {"variants": "int8"},
        {"variants": [1]},
        {"repeats": 0},
        {"repeats": 1000},
        {"own": OwnVariant(wanted=True, pruned_percent=96)},
        {"own": OwnVariant(wanted=True, include=5)},
    ],
)
def test_unusable_input_is_refused_before_a_run_exists(visitor: Visitor, wrong: dict[str, object]) -> None:
    with pytest.raises(DemoError):
        visitor.start(**wrong)
