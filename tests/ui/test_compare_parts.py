"""Clips, the pace of a blind run, figures, settings."""

from __future__ import annotations

import math
import subprocess
import tempfile
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import app
from speecht5_demo.errors import SynthesisError
from speecht5_demo.synthesis import Latency, Speech
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.figures import change, overlap
from speecht5_demo.ui.compare.reveal_pacing import RevealPacing, RuntimeEstimate
from speecht5_demo.ui.compare.spectrogram import DAY, NIGHT, spectrogram_png
from speecht5_demo.ui.settings import Settings, SettingsError
from speecht5_demo.variants import find
from speecht5_demo.wav import wav_bytes


def speech(variant: str = "baseline", seconds: float = 1.0) -> Speech:
    return Speech(
        samples=np.sin(np.arange(16000, dtype=np.float32) / 20).astype(np.float32),
        sampling_rate=16000,
        mel=np.full((62, 80), -2.0, dtype=np.float32),
        text="Ten chars.",
        spoken_text="Ten chars.",
        speaker="am_michael",
        variant=variant,
        checkpoint="test",
        seed=0,
        latency=Latency.of([(0.0, seconds, 0.0)]),
        steps=31,
        pieces=1,
        ended=True,
    )


def test_wav_keeps_the_loudness_it_was_given() -> None:
    with wave.open(BytesIO(wav_bytes(np.array([0.25, -0.5, 2.0], dtype=np.float32), 16000))) as file:
        assert file.getframerate() == 16000
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [8192, -16384, 32767]


def test_clips_look_alike_from_outside() -> None:
    cache = ClipCache()
    clips = [cache.store(speech(name)) for name in ("baseline", "int8")]
    times = {path.stat().st_mtime for clip in clips for path in (clip.audio, clip.day, clip.night)}
    assert len(times) == 1
    for clip in clips:
        assert len(clip.audio.stem) == 32


def test_a_full_cache_takes_no_more_until_a_clip_is_removed() -> None:
    cache = ClipCache(capacity_bytes=80_000)
    clips = [cache.store(speech()) for _ in range(2)]
    with pytest.raises(SynthesisError, match="as many samples as it can"):
        cache.store(speech())
    cache.remove(clips[0])
    assert not clips[0].audio.exists()
    assert cache.store(speech()).audio.exists()
    assert clips[1].audio.exists()


def test_clips_of_a_killed_server_are_removed_and_those_of_a_living_one_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    left, living = tmp_path / f"speecht5-demo-clips-{ended.pid}-abc", ClipCache()
    left.mkdir()
    (left / "a.wav").write_bytes(b"RIFF")
    ClipCache()
    assert not left.exists()
    assert living.folder.exists()


def test_a_spectrogram_is_brighter_where_speech_is_louder_by_night_and_darker_by_day() -> None:
    mel = np.full((40, 80), -4.0, dtype=np.float32)
    mel[:, 0] = 1.0
    day, night = (
        np.asarray(Image.open(BytesIO(spectrogram_png(mel, colours))).convert("L"), dtype=int)
        for colours in (DAY, NIGHT)
    )
    assert day.shape == (80, 40)
    assert day[-1].mean() < day[0].mean() - 100
    assert night[-1].mean() > night[0].mean() + 100


def test_long_speech_makes_no_wider_picture() -> None:
    picture = Image.open(BytesIO(spectrogram_png(np.zeros((9000, 80), dtype=np.float32), DAY)))
    assert picture.size == (640, 80)


def test_the_interval_is_that_of_the_slowest_variant() -> None:
    estimate = RuntimeEstimate()
    estimate.learn(speech("baseline", seconds=2.0))
    estimate.learn(speech("int8", seconds=0.5))
    both, quick = [find("baseline"), find("int8")], [find("int8")]
    slow = estimate.interval(both, 100)
    assert slow is not None
    assert slow > 20
    assert (estimate.interval(quick, 100) or 0) < slow
    assert estimate.interval([find("pruned")], 100) == slow, "unknown: as slow as the slowest known"
    assert RuntimeEstimate().interval(both, 100) is None


def test_quick_and_slow_samples_appear_at_the_same_pace() -> None:
    pacing = RevealPacing(0.25, start=100.0)
    assert [pacing.moment(made, False) for made in (100.0, 100.2, 100.6, 101.3)] == [
        100.25,
        100.5,
        100.75,
        101.5,
    ]


def test_samples_appear_together_where_nothing_is_known_of_their_pace() -> None:
    pacing = RevealPacing(None, start=100.0)
    assert [pacing.moment(101.0, False), pacing.moment(109.0, True)] == [math.inf, 109.0]


@pytest.mark.parametrize(
    ("value", "baseline", "text"),
    [(0.5, 1.0, "50% faster"), (1.2, 1.0, "20% slower"), (1.01, 1.0, "no change")],
)
def test_changes_are_said_in_words(value: float, baseline: float, text: str) -> None:
    told = change(value, baseline, "{share} faster", "{share} slower")
    assert told is not None
    assert told["text"] == text


def test_a_change_smaller_than_the_spread_of_the_runs_is_not_called_one() -> None:
    assert overlap((1.0, 1.4, 1.1), (1.2, 1.3, 1.25))
    assert not overlap((0.5, 0.6, 0.55), (1.2, 1.3, 1.25))


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"PORT": "8123", "DATA_DIR": str(tmp_path), "CHECKPOINT": "embedded"}
    )
    assert settings == Settings(port=8123, checkpoint="embedded", data=tmp_path, study=tmp_path / "study")
    assert Settings.from_environment({"SPACE_ID": "a/b"}).host == "0.0.0.0"


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_explained(port: str) -> None:
    with pytest.raises(SettingsError, match="number from 1 to 65535"):
        Settings.from_environment({"PORT": port})


def test_a_checkpoint_that_is_none_ends_the_app_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHECKPOINT", str(tmp_path / "nothing"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert app.main() == 1
    (sentence,) = capsys.readouterr().err.strip().splitlines()
    assert "nothing" in sentence
