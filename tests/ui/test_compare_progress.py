"""Progress is shown from the first second, and tells nothing of a blind sample."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.ui.compare import runs
from speecht5_demo.ui.compare.live import ADDRESS, LiveSample
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.serving.visitor import Visitor
from tests.support.fragments import samples_of
from tests.ui.conftest import Guest

Speaking = Callable[..., Run]


@pytest.fixture
def speaking(visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """`speaking(blind, part)`: a run half a second into its first sample, of which each takes two; time stands."""
    plans = {blind: visitor.start(blind=blind).plan for blind in (False, True)}
    now = time.monotonic()
    monkeypatch.setattr(runs, "time", SimpleNamespace(monotonic=lambda: now, time_ns=time.time_ns))

    def half_a_second_later(blind: bool, part: tuple[int, int]) -> Run:
        run = Run(plans[blind], Visitor("a"))
        run.phase, run.each_s, run.part = "speaking", 2.0, part
        run.speaking_since = now - 0.5
        return run

    return half_a_second_later


def test_an_open_run_says_which_part_is_spoken_and_how_long_it_takes(speaking: Speaking) -> None:
    view = board_view(speaking(blind=False, part=(3, 4)))
    assert view["making"] == {"share": 0.75, "words": "Speaking part 4 of 4…"}
    assert view["left"] == "About 6 s left."
    assert view["progress"] == 0.25


def test_the_progress_of_a_blind_run_is_that_of_the_clock(speaking: Speaking) -> None:
    first, later = (board_view(speaking(blind=True, part=part)) for part in ((0, 4), (3, 4)))
    assert first["making"]["words"] == later["making"]["words"] == "Speaking…"
    for view in (first, later):
        assert view["making"]["share"] == 0.25


def test_a_sample_that_takes_longer_than_expected_is_never_called_done(speaking: Speaking) -> None:
    run = speaking(blind=False, part=(0, 1))
    run.speaking_since -= 100
    assert board_view(run)["making"]["share"] < 1
    assert board_view(run)["left"] == "About 1 s left."


def test_a_long_text_is_heard_from_its_first_part(visitor: Guest) -> None:
    lives: list[LiveSample] = []
    text = "Good morning, good people of the town. " * 12
    for run in visitor.by_hand(blind=False, repeats=1, variants=["baseline", "int8"], text=text):
        lives.extend(live for live in run.lives if live not in lives)
    assert run.over
    assert [live.variant.name for live in lives] == ["baseline", "int8"]
    assert [live.ticket for live in lives] == [card.ticket for card in run.cards]
    client = TestClient(Starlette(routes=visitor.service.routes))
    for live, card in zip(lives, run.cards, strict=True):
        heard = samples_of(client.get(f"{ADDRESS}{live.token}").content)
        kept = np.frombuffer(card.clip.audio.read_bytes()[44:], "<i2")
        assert len(heard) == len(kept)


def test_nothing_is_promised_before_anything_is_known(speaking: Speaking) -> None:
    run = speaking(blind=False, part=(1, 3))
    run.each_s = None
    assert board_view(run)["left"] == ""
    assert board_view(run)["making"] == {"share": None, "words": "Speaking part 2 of 3…"}
