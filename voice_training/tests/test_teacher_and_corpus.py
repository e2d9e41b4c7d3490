"""The teacher's speech and the clips made of it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import SpeechT5FeatureExtractor

from speecht5_demo.errors import QualityError
from speecht5_demo.quality import flite as teacher
from speecht5_demo.quality.flite import SPEAKERS, flite
from voice_training.corpus import make_clip, make_corpus, read_shards, write_shard
from voice_training.features import HOP, log_mel

TEXT = "the quick brown fox, who was tired, jumps over it."


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_word_has_its_time(speaker: str) -> None:
    speech = flite().say(TEXT, speaker)
    assert speech is not None
    assert len(speech.words) == len(TEXT.split())
    assert all(word.start < word.end for word in speech.words)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(speech.words))
    assert speech.words[-1].end <= len(speech.samples) / 16_000 + 0.05


def test_a_missing_teacher_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLITE_LIBRARIES", str(tmp_path))
    with pytest.raises(QualityError, match="apt-get install flite"):
        teacher.Flite()


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_clips_end_in_silence_and_line_up_with_their_text(speaker: str) -> None:
    clip = make_clip(TEXT, speaker, np.random.default_rng(0))
    assert clip is not None
    assert len(clip.samples) == clip.frames * HOP
    assert len(clip.centres) == len(TEXT) + 2
    assert (np.diff(clip.centres) >= 0).all()
    loudness = np.abs(clip.samples.astype(float))
    assert loudness[-800:].max() < 0.02 * loudness.max()


def test_mel_frames_are_those_of_the_stock_extractor() -> None:
    speech = flite().say("hello there.", "slt")
    assert speech is not None
    samples = speech.samples + np.random.default_rng(0).normal(0, 1e-4, len(speech.samples)).astype(
        np.float32
    )
    stock = SpeechT5FeatureExtractor()(audio_target=samples, sampling_rate=16_000, return_tensors="pt")
    torch.testing.assert_close(
        log_mel(torch.from_numpy(samples)), stock["input_values"][0], atol=5e-5, rtol=0
    )


def test_a_shard_gives_its_clips_back(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    clips = [clip for speaker in SPEAKERS if (clip := make_clip(TEXT, speaker, noise)) is not None]
    write_shard(tmp_path / "shard.npz", clips)
    for clip, again in zip(clips, read_shards([tmp_path / "shard.npz"]), strict=True):
        assert (again.text, again.speaker) == (clip.text, clip.speaker)
        np.testing.assert_array_equal(again.mel, clip.mel)
        np.testing.assert_array_equal(again.samples, clip.samples)
        np.testing.assert_array_equal(again.centres, clip.centres)


def test_shards_keep_every_clip_and_are_made_once(tmp_path: Path) -> None:
    said: list[str] = []
    make_corpus(tmp_path, ["hello.", "good morning, anna!"], ["where is it?"], 3, 1, said.append)
    clips = read_shards(sorted(tmp_path.glob("*.npz")))
    assert [clip.text for clip in clips] == ["where is it?"] * 4 + ["hello.", "good morning, anna!"]
    assert [clip.speaker for clip in clips[:4]] == list(SPEAKERS)
    assert len(said) == 2
    make_corpus(tmp_path, ["hello.", "good morning, anna!"], ["where is it?"], 3, 1, said.append)
    assert len(said) == 2


def test_the_teacher_says_a_text_the_same_whatever_it_said_before() -> None:
    speaking, text = flite(), "the birch canoe slid on the smooth planks"
    first = [speaking.say(text, speaker) for speaker in SPEAKERS]
    speaking.say("something else in between", "awb")
    for speaker, once in zip(SPEAKERS, first, strict=True):
        again = speaking.say(text, speaker)
        assert once is not None
        assert again is not None
        assert np.array_equal(once.samples, again.samples), speaker
