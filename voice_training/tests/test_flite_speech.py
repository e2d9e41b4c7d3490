"""flite, the fast teacher."""

import itertools

import numpy as np
import pytest

from speecht5_demo.quality.signals import SAMPLING_RATE
from voice_training import VoiceTrainingError
from voice_training.flite_speech import SPEAKERS, Flite, flite

_TEXT = "the quick brown fox, who was tired, jumps over it."


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_word_has_its_time(speaker: str) -> None:
    speech = flite().say(_TEXT, speaker)
    assert speech is not None
    assert len(speech.words) == len(_TEXT.split())
    assert all(word.start < word.end for word in speech.words)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(speech.words))
    assert speech.words[-1].end <= len(speech.samples) / SAMPLING_RATE + 0.05


def test_a_text_sounds_the_same_whatever_was_said_before() -> None:
    speaking = flite()
    first = [speaking.say(_TEXT, speaker) for speaker in SPEAKERS]
    speaking.say("something else in between", "awb")
    for speaker, once in zip(SPEAKERS, first, strict=True):
        again = speaking.say(_TEXT, speaker)
        assert once is not None
        assert again is not None
        assert np.array_equal(once.samples, again.samples), speaker


@pytest.mark.parametrize("text", ["", "....", "well - no", "hello ,, there"])
def test_what_cannot_be_matched_word_by_word_is_not_spoken(text: str) -> None:
    assert flite().say(text, "slt") is None


def test_where_it_is_missing_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("FLITE_LIBRARIES", str(tmp_path))
    with pytest.raises(VoiceTrainingError, match="apt-get install flite"):
        Flite()
