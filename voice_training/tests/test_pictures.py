"""The picture of where a voice listens."""

from pathlib import Path

import numpy as np
from PIL import Image

from voice_training.pictures import draw_attention


def attention_along(path: list[int], tokens: int) -> np.ndarray:
    attention = np.full((len(path), tokens), 0.001, np.float32)
    attention[np.arange(len(path)), path] = 1
    return attention


STRAIGHT = [i // 3 for i in range(90)]


def test_the_picture_shows_time_to_the_right_and_text_upwards(tmp_path: Path) -> None:
    draw_attention([attention_along(STRAIGHT, 30)], tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture)
    height = pixels.shape[0]
    assert pixels[height - 1, 0] < 60
    assert pixels[1, 176] < 60
    assert pixels[1, 0] > 200
