"""A voice against its teacher."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from voice_training.acoustic_model import speaker_encodings
from voice_training.evaluation import (
    Reference,
    evaluate,
    evaluate_blends,
    harvard_sentences,
    hear_teacher,
    long_sentences,
)
from voice_training.model_card import Evaluation
from voice_training.teachers import Flite
from voice_training.voice import Voice

_TEXTS = ["good morning.", "the evening train leaves today."]
_SPEAKERS = ("slt", "rms")


@pytest.fixture(scope="module")
def voice() -> Voice:
    built_in = open_checkpoint("embedded")
    encodings = speaker_encodings(Flite.encoding_order)
    return Voice(built_in.load_acoustic(), built_in.load_vocoder(), built_in.tokenizer, encodings)


@pytest.fixture(scope="module")
def references() -> list[Reference]:
    return hear_teacher(Flite(), _TEXTS, _SPEAKERS, 1, with_mos=False)


def test_every_line_is_spoken_and_heard_with_every_seed(voice: Voice, references: list[Reference]) -> None:
    twice, spoken = evaluate(voice, references, [0, 1], 1, with_mos=False)
    assert [figures.speaker for figures in twice] == list(_SPEAKERS)
    assert [figures.utterances for figures in twice] == [4] * len(_SPEAKERS)
    lines = [reference.line for reference in references]
    for line, mine, other in zip(lines, spoken[: len(lines)], spoken[len(lines) :], strict=True):
        assert mine.line == other.line == line
        assert not np.array_equal(mine.samples[:4000], other.samples[:4000])
    # The built-in voice stops where its teacher does.
    assert not any(f.missing_stops or f.much_longer for f in twice)
    assert np.mean([f.mean_length for f in twice]) == pytest.approx(1, abs=0.1)


def test_a_voice_without_a_teacher_that_reads_it_has_no_floor(voice: Voice) -> None:
    unheard = hear_teacher(Flite(), _TEXTS[:1], ["nobody"], 1, with_mos=False)
    assert unheard[0].samples is None
    renamed = Voice(voice.acoustic, voice.vocoder, voice.tokenizer, {"nobody": voice.encodings["rms"]})
    (figures,), _ = evaluate(renamed, unheard, [0], 1, with_mos=False)
    assert (figures.teacher_word_errors, figures.mean_length) == (None, None)
    assert figures.utterances == 1


def test_every_blend_of_two_speakers_is_measured(voice: Voice) -> None:
    figures = evaluate_blends(voice, _TEXTS[:1], ["rms", "slt", "awb"], 1)
    assert [blend.speakers for blend in figures] == [("rms", "slt"), ("rms", "awb"), ("slt", "awb")]
    assert all(blend.utterances == 1 for blend in figures)


def test_test_texts_are_of_the_length_that_they_are_asked_for() -> None:
    assert len(harvard_sentences(100)) == 100
    assert harvard_sentences(3) == harvard_sentences(100)[:3]
    assert all(150 <= len(text) <= 200 for text in long_sentences(20))


def test_figures_are_read_as_they_were_written(tmp_path: Path) -> None:
    figures = Evaluation.read(BUILT_IN / "figures.json")
    figures.write(tmp_path / "figures.json")
    assert Evaluation.read(tmp_path / "figures.json") == figures
    assert (tmp_path / "figures.json").read_bytes() == (BUILT_IN / "figures.json").read_bytes()
