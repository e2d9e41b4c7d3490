"""Loops, skips and missed ends are seen in the attention."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from speecht5_demo.voice_training.alignment import draw_attention, read_alignment


def attention_along(path: list[int], tokens: int) -> np.ndarray:
    attention = np.full((len(path), tokens), 0.001, np.float32)
    attention[np.arange(len(path)), path] = 1
    return attention


STRAIGHT = [i // 3 for i in range(90)]


def test_reading_once_from_left_to_right_is_monotone() -> None:
    assert read_alignment(attention_along(STRAIGHT, 30)).monotone


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("loop", STRAIGHT[:60] + STRAIGHT[20:]),
        ("skip", STRAIGHT[:20] + STRAIGHT[62:]),
        ("missed end", STRAIGHT[:45]),
    ],
)
def test_faults_are_not_monotone(fault: str, path: list[int]) -> None:
    assert not read_alignment(attention_along(path, 30)).monotone, fault


def test_a_glance_elsewhere_for_one_step_is_no_fault() -> None:
    path = STRAIGHT.copy()
    path[40] = 0
    assert read_alignment(attention_along(path, 30)).monotone


def test_the_picture_shows_time_to_the_right_and_text_upwards(tmp_path: Path) -> None:
    draw_attention([attention_along(STRAIGHT, 30)], tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture)
    height = pixels.shape[0]
    assert pixels[height - 1, 0] < 60
    assert pixels[1, 176] < 60
    assert pixels[1, 0] > 200
