"""Uploaded speakers and the disk: checked at once, bounded, swept, and never in the way of ratings."""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speecht5_demo.errors import SpeakerError, SynthesisError
from speecht5_demo.ui.compare import uploads
from speecht5_demo.ui.compare.uploads import KEPT_AN_ADDRESS, UploadedSpeakers
from speecht5_demo.ui.serving import disk
from speecht5_demo.ui.serving.disk import DiskWatch


def a_file(seed: int = 0, size: int = 512, name: str = "mine.npy") -> dict[str, str]:
    content = io.BytesIO()
    np.save(content, np.random.default_rng(seed).normal(size=size).astype(np.float32))
    return {"name": name, "content": base64.b64encode(content.getvalue()).decode()}


def test_a_good_file_becomes_a_token_and_leaves_nothing_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = UploadedSpeakers()
    answer = kept.check(a_file(), "here")
    assert kept.find(answer["speaker"]).vector.shape == (512,)
    assert "mine" in answer["label"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (None, "Choose a .npy or .pt"),
        ({"name": 3, "content": "x"}, "Choose a .npy or .pt"),
        ({"name": "a.npy", "content": "***"}, "did not arrive whole"),
        ({"name": "a.npy", "content": "A" * 200_000}, "up to 64 kB"),
        (a_file(size=7), "expected 512 values, found 7"),
        (a_file(name="../../mine.txt"), ".npy or .pt"),
        ({"name": "a.npy", "content": ""}, "0 bytes"),
    ],
)
def test_a_bad_file_is_a_sentence_without_a_path(sent: Any, sentence: str) -> None:
    problem = UploadedSpeakers().check(sent, "here")["problem"]
    assert sentence in problem
    assert tempfile.gettempdir() not in problem


def test_an_address_keeps_its_newest_and_all_are_swept_in_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = UploadedSpeakers()
    tokens = [kept.check(a_file(number), "here")["speaker"] for number in range(KEPT_AN_ADDRESS + 1)]
    with pytest.raises(SpeakerError, match="Choose it again"):
        kept.find(tokens[0])
    assert kept.find(tokens[-1])
    monkeypatch.setattr(uploads, "KEPT_S", -1.0)
    with pytest.raises(SpeakerError, match="kept for an hour"):
        kept.find(tokens[-1])


def test_a_disk_that_fills_is_said_before_it_is_full_and_samples_end_before_ratings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = DiskWatch(tmp_path / "not" / "there" / "yet")
    assert watch.free_bytes() > 0
    monkeypatch.setattr(disk.DiskWatch, "free_bytes", lambda self: 500_000_000)
    watch.check()
    assert "500 MB left" in watch.warning()
    assert "500 MB left" in caplog.text
    monkeypatch.setattr(disk.DiskWatch, "free_bytes", lambda self: 100_000_000)
    with pytest.raises(SynthesisError, match="ratings are still kept"):
        watch.check()
