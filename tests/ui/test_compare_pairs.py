"""Votes on pairs: both orders, blind, one row each, with a table of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speecht5_demo.errors import VariantError
from speecht5_demo.listening.analysis import analyse
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.report.pieces import casual_preference_piece, preference_piece
from speecht5_demo.ui.compare.link import RunLink
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.serving.visitor import Visitor
from tests.ui.conftest import Guest

ANN = "ann-0123456789"


def vote(visitor: Guest, run: Run, version_wins: bool, **more: object) -> dict[str, object]:
    """Votes on the next pair, as somebody who hears which one is the version."""
    trial = next(trial for trial in run.trials if trial.vote is None)
    second_is_version = not trial.version_first
    rating = 1 if second_is_version == version_wins else -1
    return visitor.service.rate({"ticket": trial.ticket, "rating": rating, "listener": ANN, **more})


def test_each_version_is_heard_beside_the_baseline_in_both_orders_without_names(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(pairs=True, blind=False))
    assert run.plan.blind
    heard = {
        (first.variant.name, second.variant.name) for first, second in (trial.clips for trial in run.trials)
    }
    assert heard == {
        (a, b) for v in ("int8", "pruned") for a, b in (("baseline", v), (v, "baseline"))
    }  # fmt: skip
    view = board_view(run)
    assert len(view["pairs"]) == 4
    assert view["cards"] == []
    assert not [name for name in ("label", "variant", "latency") if name in json.dumps(view["pairs"])]
    assert "0 of 4 rated" in view["status"]


def test_votes_of_both_orders_are_rows_of_the_version_against_the_baseline(
    visitor: Guest, tmp_path: Path
) -> None:
    run = visitor.finish(visitor.start(pairs=True))
    for _ in run.trials:
        assert not run.revealed
        assert vote(visitor, run, version_wins=True)["saved"]
    assert run.revealed
    rows = read_ratings(tmp_path / "ratings").frame
    assert set(rows["method"]) == {"AB"}
    assert rows["rating"].tolist() == [1.0] * 4
    assert sorted(rows["variant"]) == ["int8", "int8", "pruned", "pruned"]
    baseline = next(card for card in run.made if card.variant.name == "baseline")
    assert set(rows["compared_with"]) == {baseline.clip.sha256[:16]}
    assert sorted(rows["trial"]) == [0, 1, 2, 3]
    table = {row["label"]: row["votes"] for row in board_view(run)["table"]["rows"]}
    assert table["Dynamic INT8"] == "better 2 of 2"


def test_votes_have_a_table_of_their_own_beside_a_studys(visitor: Guest, tmp_path: Path) -> None:
    run = visitor.finish(visitor.start(pairs=True))
    for _ in run.trials:
        vote(visitor, run, version_wins=False)
    analysis = analyse(read_ratings(tmp_path / "ratings"))
    assert analysis.preferences == ()
    assert [(one.variant, one.better, one.same, one.worse) for one in analysis.casual_preferences] == [
        ("int8", 0, 0, 2), ("pruned", 0, 0, 2)
    ]  # fmt: skip
    assert "Votes by pairs on the Compare page" in casual_preference_piece(analysis)
    assert preference_piece(analysis.preferences) == ""


def test_a_vote_counts_once_and_can_be_changed_until_the_names_are_known(
    visitor: Guest, tmp_path: Path
) -> None:
    run = visitor.finish(visitor.start(pairs=True, variants=["baseline", "int8"]))
    ticket = run.trials[0].ticket
    assert visitor.service.rate({"ticket": ticket, "rating": 1})["rating"] == 1
    assert visitor.service.rate({"ticket": ticket, "rating": -1})["rating"] == 1
    assert visitor.service.rate({"ticket": ticket, "rating": 0, "correct": True})["rating"] == 0
    assert visitor.service.rate({"ticket": ticket, "rating": 2, "correct": True})["saved"] is False
    vote(visitor, run, version_wins=True)
    assert visitor.service.rate({"ticket": ticket, "rating": 1, "correct": True})["saved"] is False
    assert sorted(read_ratings(tmp_path / "ratings").frame["rating"]) == [0, 1]


def test_a_sample_of_a_pair_is_not_rated_by_itself(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(pairs=True))
    answer = visitor.service.rate({"ticket": run.made[0].ticket, "rating": 5})
    assert "in pairs" in str(answer["problem"])


def test_pairs_go_on_where_they_were(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(pairs=True, listener=ANN))
    vote(visitor, run, version_wins=True)
    said = [(trial.number, trial.vote) for trial in run.trials]
    visitor.service.context.ratings.close()
    later = Guest(type(visitor.service)(visitor.service.context))
    again = later.finish(later.service.open_link(RunLink.read(run.link), Visitor("tab"), ANN))
    assert [(trial.number, trial.vote) for trial in again.trials] == said
    assert again.plan.blind


@pytest.mark.parametrize("variants", [["baseline"], ["int8", "pruned"]])
def test_pairs_need_the_baseline_and_something_to_compare_it_with(
    visitor: Guest, variants: list[str]
) -> None:
    with pytest.raises(VariantError, match="choose it and at least one other"):
        visitor.start(pairs=True, variants=variants)
