"""Progress is shown from the first second, and tells nothing of a blind sample."""

from __future__ import annotations

import time

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.ui.compare.live import ADDRESS, LiveSample
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.serving.visitor import Visitor
from tests.support.fragments import samples_of
from tests.ui.conftest import Guest


def speaking(visitor: Guest, blind: bool, part: tuple[int, int]) -> Run:
    """A run half a second into its first sample, of which each takes two."""
    run = Run(visitor.start(blind=blind).plan, Visitor("a"))
    run.phase, run.each_s, run.part = "speaking", 2.0, part
    run.speaking_since = time.monotonic() - 0.5
    return run


def test_an_open_run_says_which_part_is_spoken_and_how_long_it_takes(visitor: Guest) -> None:
    view = board_view(speaking(visitor, blind=False, part=(3, 4)))
    assert view["making"] == {"share": 0.75, "words": "Speaking part 4 of 4…"}
    assert view["left"] == "About 6 s left." or view["left"] == "About 5 s left."
    assert view["progress"] == pytest.approx(0.25, abs=0.01)


def test_the_progress_of_a_blind_run_is_that_of_the_clock(visitor: Guest) -> None:
    first, later = (board_view(speaking(visitor, blind=True, part=part)) for part in ((0, 4), (3, 4)))
    assert first["making"]["words"] == later["making"]["words"] == "Speaking…"
    for view in (first, later):
        assert view["making"]["share"] == pytest.approx(0.25, abs=0.05)


def test_a_sample_that_takes_longer_than_expected_is_never_called_done(visitor: Guest) -> None:
    run = speaking(visitor, blind=False, part=(0, 1))
    run.speaking_since -= 100
    assert board_view(run)["making"]["share"] < 1
    assert board_view(run)["left"] == "About 1 s left."


def test_a_long_text_is_heard_from_its_first_part(visitor: Guest) -> None:
    lives: list[LiveSample] = []
    run = visitor.start(
        blind=False,
        repeats=1,
        variants=["baseline", "int8"],
        text="Good morning, good people of the town. " * 12,
    )

    def over() -> bool:
        lives.extend(live for live in run.lives if live not in lives)
        return run.over

    visitor.wait(over)
    assert [live.variant.name for live in lives] == ["baseline", "int8"]
    assert [live.ticket for live in lives] == [card.ticket for card in run.cards]
    client = TestClient(Starlette(routes=visitor.service.routes))
    for live, card in zip(lives, run.cards, strict=True):
        heard = samples_of(client.get(f"{ADDRESS}{live.token}").content)
        kept = np.frombuffer(card.clip.audio.read_bytes()[44:], "<i2")
        assert len(heard) == len(kept)


def test_nothing_is_promised_before_anything_is_known(visitor: Guest) -> None:
    run = speaking(visitor, blind=False, part=(1, 3))
    run.each_s = None
    assert board_view(run)["left"] == ""
    assert board_view(run)["making"] == {"share": None, "words": "Speaking part 2 of 3…"}
