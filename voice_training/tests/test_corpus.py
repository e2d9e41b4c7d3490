"""The clips that are made of what a teacher reads."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import SpeechT5FeatureExtractor

from voice_training import VoiceTrainingError
from voice_training.corpus import HOP, Clip, Corpus, log_mel, make_clip, read_shards, write_shard
from voice_training.flite_speech import SPEAKERS
from voice_training.teachers import Flite, Line

_TEXT = "the quick brown fox, who was tired, jumps over it."


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_clips_end_in_silence_and_line_up_with_their_text(speaker: str) -> None:
    clip = make_clip(Flite(), Line(_TEXT, speaker), np.random.default_rng(0))
    assert clip is not None
    assert len(clip.samples) == clip.frames * HOP
    assert len(clip.centres) == len(_TEXT) + 2
    assert (np.diff(clip.centres) >= 0).all()
    loudness = np.abs(clip.samples.astype(float))
    assert loudness[-800:].max() < 0.02 * loudness.max()


def test_letters_are_spoken_within_their_word_and_punctuation_after_it() -> None:
    speech = Flite().read(Line(_TEXT, "slt"))
    clip = make_clip(Flite(), Line(_TEXT, "slt"), np.random.default_rng(0))
    assert speech is not None
    assert clip is not None
    offset = max(0.0, speech.words[0].start - 0.06)
    place = 1
    for written, word in zip(_TEXT.split(), speech.words, strict=True):
        for letter in written:
            after = clip.centres[place] + offset
            assert (after > word.end) == (letter in ",."), (written, letter)
            place += 1
        place += 1


def test_mel_frames_are_those_of_the_stock_extractor(clips: list[Clip]) -> None:
    samples = clips[0].samples.astype(np.float32) / 32768
    stock = SpeechT5FeatureExtractor()(audio_target=samples, sampling_rate=16_000, return_tensors="pt")
    torch.testing.assert_close(
        log_mel(torch.from_numpy(samples)), stock["input_values"][0], atol=5e-5, rtol=0
    )


def test_a_shard_gives_its_clips_back(tmp_path: Path, clips: list[Clip]) -> None:
    write_shard(tmp_path / "shard.npz", clips)
    for clip, again in zip(clips, read_shards([tmp_path / "shard.npz"]), strict=True):
        assert (again.text, again.speaker) == (clip.text, clip.speaker)
        np.testing.assert_array_equal(again.mel, clip.mel)
        np.testing.assert_array_equal(again.samples, clip.samples)
        np.testing.assert_array_equal(again.centres, clip.centres)


def test_a_shard_of_nothing_is_no_error(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard.npz", [])
    assert read_shards([tmp_path / "shard.npz"]) == []


def corpus(folder: Path, texts: int = 12, init: Path | None = None) -> Corpus:
    return Corpus(folder, Flite(), texts, 1, 1, init)


def test_a_corpus_keeps_every_clip_and_is_made_once(tmp_path: Path) -> None:
    said: list[str] = []
    made = corpus(tmp_path)
    made.make(1, said.append)
    assert len(said) == 2
    assert [clip.speaker for clip in made.development] == list(SPEAKERS)
    assert {clip.text for clip in made.development} == set(made.texts.development)
    assert [clip.text for clip in made.training] == list(made.texts.training)
    assert made.hours > 0
    again = corpus(tmp_path)
    again.make(1, said.append)
    assert len(said) == 2
    for clip, same in itertools.zip_longest(made.training, again.training):
        np.testing.assert_array_equal(clip.samples, same.samples)
    assert len(made.some(clip.frames)) >= 1
    assert made.mel_moments()[0].shape == (80,)


def test_too_few_clips_are_said_before_training(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="read 2 clips"):
        corpus(tmp_path, texts=2).make(1, print)


def test_a_folder_that_is_no_voice_cannot_be_gone_on_from(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="is no voice"):
        corpus(tmp_path, init=tmp_path)
