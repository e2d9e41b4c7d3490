"""Whom a voice can learn from."""

from pathlib import Path

import numpy as np
import pytest

from speecht5_demo.quality.signals import SAMPLING_RATE
from speecht5_demo.wav import write_wav_file
from voice_training import VoiceTrainingError, kokoro_speech
from voice_training.kokoro_model import VOICES
from voice_training.teachers import Flite, Kokoro, Line, Recordings, Teacher, find_teacher
from voice_training.texts import TextSets

_TEXTS = TextSets(training=("hello.", "good morning."), development=("where is it?",))


def folder_of(path: Path, count: int = 41) -> Path:
    """Two speakers' recordings of half a second of sound between two tenths of silence."""
    sound = np.random.default_rng(0).normal(0, 0.1, SAMPLING_RATE // 2)
    samples = np.pad(sound, SAMPLING_RATE // 10).astype(np.float32)
    for speaker in ("anna", "ben"):
        for number in range(count):
            write_wav_file(samples, SAMPLING_RATE, path / speaker / f"{number:03d}.wav", parents=True)
            letters = "abcdefghij"
            words = f"Word {letters[number // 10]}{letters[number % 10]}, and more."
            (path / speaker / f"{number:03d}.txt").write_text(words, encoding="utf-8")
    (path / "LICENCE.txt").write_text("The recordings are in the public domain.\n", encoding="utf-8")
    return path


@pytest.fixture(params=["flite", "recordings"])
def teacher(request: pytest.FixtureRequest, tmp_path: Path) -> Teacher:
    return find_teacher("flite" if request.param == "flite" else str(folder_of(tmp_path)))


def test_a_teacher_says_who_it_is_and_under_which_terms(teacher: Teacher) -> None:
    assert teacher.description
    assert teacher.licence.endswith(".")
    assert set(teacher.speakers) == set(teacher.encoding_order)


def test_a_teacher_reads_its_lines_word_by_word(teacher: Teacher) -> None:
    line = teacher.development_lines(_TEXTS)[0]
    speech = teacher.read(line)
    assert speech is not None
    assert len(speech.words) == len(line.text.split())
    assert all(word.start < word.end for word in speech.words)
    assert speech.words[0].start > 0
    assert speech.words[-1].end <= len(speech.samples) / SAMPLING_RATE + 0.05
    again = teacher.read(line)
    assert again is not None
    np.testing.assert_array_equal(again.samples, speech.samples)


def test_who_only_reads_tells_no_phonemes(teacher: Teacher) -> None:
    assert list(teacher.pronounced("hello.")) == []


def test_what_is_held_out_is_never_trained_on(teacher: Teacher) -> None:
    training, held_out = teacher.training_lines(_TEXTS, 1), teacher.development_lines(_TEXTS)
    assert training
    assert {line.speaker for line in held_out} == set(teacher.encoding_order)
    assert not set(training) & set(held_out)
    assert teacher.training_lines(_TEXTS, 1) == training


def test_flite_reads_every_text_that_it_is_given_once() -> None:
    assert [line.text for line in Flite().training_lines(_TEXTS, 1)] == list(_TEXTS.training)
    assert Flite().read(Line("hello.", "nobody")) is None


def test_the_natural_teacher_names_its_speakers_and_terms() -> None:
    teacher = find_teacher("kokoro")
    assert isinstance(teacher, Kokoro)
    assert set(teacher.speakers) == set(VOICES)
    assert {label.split("(")[1] for label in teacher.speakers.values()} == {"US English)", "British English)"}
    assert "Apache License 2.0" in teacher.licence
    assert "no recording of any person" in teacher.licence
    assert [line.text for line in teacher.training_lines(_TEXTS, 1)] == list(_TEXTS.training)
    assert teacher.read(Line("hello.", "nobody")) is None


def test_the_natural_teacher_says_what_it_lacks_when_it_has_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_training.kokoro_model._MODEL_PACKAGE", "no_such_package")
    kokoro_speech.kokoro.cache_clear()
    with pytest.raises(VoiceTrainingError, match=r"not installed\. Run `make voice-teacher`"):
        find_teacher("kokoro").read(Line("hello.", "af_heart"))


def test_recordings_read_their_own_transcripts_and_nothing_else(tmp_path: Path) -> None:
    teacher = Recordings(folder_of(tmp_path))
    lines = [*teacher.training_lines(_TEXTS, 1), *teacher.development_lines(_TEXTS)]
    assert len(set(lines)) == 2 * 41
    assert len(teacher.development_lines(_TEXTS)) == 2 * 3
    assert teacher.read(Line("hello.", "anna")) is None
    speech = teacher.read(lines[0])
    assert speech is not None
    assert speech.words[0].start == pytest.approx(0.1, abs=0.01)
    assert speech.words[-1].end == pytest.approx(0.6, abs=0.01)


def test_recordings_without_terms_or_transcripts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match=r"LICENCE\.txt"):
        _ = Recordings(tmp_path).licence
    with pytest.raises(VoiceTrainingError, match=r"SPEAKER/NAME\.txt"):
        Recordings(tmp_path).training_lines(_TEXTS, 1)


def test_who_is_no_teacher_is_named(tmp_path: Path) -> None:
    with pytest.raises(VoiceTrainingError, match="teapot is no teacher"):
        find_teacher("teapot")
