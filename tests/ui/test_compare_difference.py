"""The picture of what a version changed says only what can be said."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.ui.compare.difference import ADDRESS, difference
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.wav import write_wav_file
from tests.ui.conftest import Guest

RATE = 16_000


def tone(path: Path, hertz: float, seconds: float = 1.0) -> Path:
    time = np.arange(int(RATE * seconds), dtype=np.float32) / RATE
    write_wav_file(0.3 * np.sin(2 * np.pi * hertz * time), RATE, path)
    return path


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_equal_samples_have_no_difference(tmp_path: Path) -> None:
    found = difference(tone(tmp_path / "a.wav", 440), tone(tmp_path / "b.wav", 440))
    assert found.aligned
    assert "0.0 dB on average" in found.sentence
    assert len(np.unique(pixels(found.pictures["day"]).reshape(-1, 3), axis=0)) == 1


def test_what_is_louder_is_orange_and_what_is_quieter_is_blue_at_its_frequency(tmp_path: Path) -> None:
    found = difference(tone(tmp_path / "a.wav", 1060), tone(tmp_path / "b.wav", 5060))
    picture = pixels(found.pictures["day"])
    height = len(picture)
    louder, quieter = (
        picture[height - 1 - int(hertz / 8000 * height)].mean(axis=0) for hertz in (1060, 5060)
    )
    assert louder[0] > louder[2] + 80
    assert quieter[2] > quieter[0] + 80
    assert "moment by moment" in found.sentence


def test_samples_of_different_length_are_not_laid_over_each_other(tmp_path: Path) -> None:
    found = difference(tone(tmp_path / "a.wav", 440, 1.25), tone(tmp_path / "b.wav", 440, 1.0))
    assert not found.aligned
    assert "0.25 s longer" in found.sentence
    assert "average spectra" in found.sentence
    assert pixels(found.pictures["night"]).shape[1] == 1


@pytest.mark.parametrize("theme", ["day", "night"])
def test_a_picture_is_served_after_the_reveal_and_not_before(visitor: Guest, theme: str) -> None:
    run = visitor.finish(visitor.start(variants=["baseline", "int8"]))
    client = TestClient(Starlette(routes=visitor.service.routes))
    letter = next(card.letter for card in run.cards if card.variant.name == "int8")
    address = f"{ADDRESS}{run.id}/{letter}/{theme}.png"
    assert client.get(address).status_code == 404
    assert "difference" not in str(board_view(run)["cards"])
    for card in run.cards:
        visitor.service.rate({"ticket": card.ticket, "rating": 3})
    assert client.get(address).headers["content-type"] == "image/png"
    reveals = {card["reveal"]["name"]: card["reveal"] for card in board_view(run)["cards"]}
    assert reveals["baseline"]["difference"] is None
    assert reveals["int8"]["difference"]["sentence"]
    assert client.get(f"{ADDRESS}{run.id}/Z/{theme}.png").status_code == 404
