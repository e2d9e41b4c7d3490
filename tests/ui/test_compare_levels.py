"""Samples of a comparison are as loud as each other, by the rule of a study."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from speecht5_demo.listening.levelling import measure
from speecht5_demo.ui.compare.levels import RULE, Level, levelled, volume
from speecht5_demo.ui.compare.view import board_view
from tests.ui.conftest import Guest

RATE = 16_000
TONE = 0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE, dtype=np.float32) / RATE).astype(np.float32)


@pytest.mark.parametrize("factor", [0.02, 0.5, 3.0])
def test_a_sample_gets_one_gain_to_the_loudness_of_a_study(factor: float) -> None:
    after, level = levelled(TONE * np.float32(factor), RATE)
    assert level is not None
    assert measure(after, RATE).lufs == pytest.approx(RULE.target_lufs, abs=0.05) == level.lufs
    assert np.corrcoef(after, TONE)[0, 1] == pytest.approx(1)


def test_a_sample_with_a_high_peak_is_left_quieter_and_the_others_are_played_as_quiet() -> None:
    click = TONE * np.float32(0.01)
    click[5000] = 0.9
    after, level = levelled(click, RATE)
    assert level is not None
    assert level.lufs < RULE.target_lufs
    assert np.abs(after).max() == pytest.approx(10 ** (RULE.peak_dbfs / 20), rel=1e-3)
    _, other = levelled(TONE, RATE)
    assert volume(level, [level, other]) == 1
    assert 20 * np.log10(volume(other, [level, other])) == pytest.approx(
        level.lufs - RULE.target_lufs, abs=0.01
    )


def test_silence_is_left_alone() -> None:
    silence = np.zeros(RATE, dtype=np.float32)
    after, level = levelled(silence, RATE)
    assert level is None
    assert not after.any()
    assert volume(None, [Level(-26.0, 1.0)]) == 1


def test_the_page_plays_all_samples_as_loud_as_the_quietest_and_says_so(visitor: Guest) -> None:
    run = visitor.finish(visitor.start())
    run.cards[0].clip = replace(run.cards[0].clip, level=Level(-26.0, 1.0))
    run.cards[1].clip = replace(run.cards[1].clip, level=Level(-30.0, 9.0))
    volumes = [card["audio"]["volume"] for card in board_view(run)["cards"]]
    assert 20 * np.log10(volumes[0]) == pytest.approx(-4.0, abs=0.01)
    assert volumes[1] == 1.0
    assert "same loudness" in board_view(run)["levels"]


def test_a_program_gets_the_loudness_that_the_model_made(visitor: Guest) -> None:
    run = visitor.finish(visitor.start(for_program=True, blind=False))
    assert [card.clip.level for card in run.cards] == [None] * 3
