"""A voice against its teacher."""

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.flite import SPEAKERS
from voice_training.acoustic_model import speaking_copy
from voice_training.evaluation import listen_to_teacher, measure
from voice_training.speaking import Voice

_TEXTS = ["good morning.", "the evening train to the coast leaves from another platform today."]


@pytest.fixture
def voice(embedded: Checkpoint) -> Voice:
    return Voice(speaking_copy(embedded.load_acoustic()), embedded.load_vocoder(), embedded.tokenizer)


def test_every_line_is_spoken_and_heard_with_every_seed(voice: Voice) -> None:
    teacher = listen_to_teacher(_TEXTS, SPEAKERS, 1, with_mos=False)
    once, first = measure(voice, teacher, [0], 1, with_mos=False)
    twice, both = measure(voice, teacher, [0, 1], 1, with_mos=False)
    assert [figures.utterances for figures in once] == [2] * len(SPEAKERS)
    assert [figures.utterances for figures in twice] == [4] * len(SPEAKERS)
    assert [f.teacher_word_errors for f in twice] == [f.teacher_word_errors for f in once]
    for mine, again, other in zip(first, both[: len(first)], both[len(first) :], strict=True):
        np.testing.assert_array_equal(mine.samples, again.samples)
        assert (mine.line.text, mine.line.speaker) == (other.line.text, other.line.speaker)
        assert not np.array_equal(mine.samples[:4000], other.samples[:4000])


def test_the_built_in_voice_stops_where_its_teacher_does(voice: Voice) -> None:
    teacher = listen_to_teacher(_TEXTS, SPEAKERS, 1, with_mos=False)
    figures, _ = measure(voice, teacher, [0], 1, with_mos=False)
    assert not any(f.missing_stops or f.much_longer for f in figures)
    assert np.mean([f.mean_length for f in figures]) == pytest.approx(1, abs=0.03)
