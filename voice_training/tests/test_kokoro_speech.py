"""Samples at 16 kHz with the words' times, from a small graph in the place of Kokoro's."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from voice_training import VoiceTrainingError, kokoro_speech
from voice_training.kokoro_speech import KokoroSpeech, Phoneme, by_word, spelled_sounds, word_times
from voice_training.teachers import Kokoro
from voice_training.tests.kokoro_examples import files_of, speaking_graph

_VOCABULARY = {"a": 20, "b": 40, " ": 10, "_": 0}
"""Each lasts so many fortieths of a second, at least one, and is as loud."""


@dataclass
class Read:
    text: str
    phonemes: str | None
    whitespace: str = ""


@pytest.mark.parametrize(
    ("text", "tokens", "words"),
    [
        ("go on.", [Read("go", "ɡO", " "), Read("on", "ɔn"), Read(".", ".")], "00-11-"),
        ("it's me", [Read("it", "ɪt"), Read("'s", "s", " "), Read("me", "mi")], "000-11"),
        ("well-known man", [Read("well-known", "wˈɛl nˈOn", " "), Read("man", "mæn")], "0000-0000-111"),
        ("e-mail", [Read("e", "i"), Read("-", "—"), Read("mail", "mAl")], "0-000"),
        ("a, b", [Read("a", "A"), Read(",", ",", " "), Read("b", "bi")], "0--11"),
        ("hm no", [Read("hm", None, " "), Read("no", "nO")], "-11"),
        ("cannot be", [Read("can", "kæn"), Read("not", "ɑt", " "), Read("be", "bi")], "00000-11"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_phoneme_belongs_to_the_word_that_its_letters_stand_in(
    text: str, tokens: list[Read], words: str
) -> None:
    found = by_word(text, tokens)
    assert "".join("-" if phoneme.word is None else str(phoneme.word) for phoneme in found) == words
    said = "".join((token.phonemes or "") + token.whitespace for token in tokens)
    assert "".join(phoneme.symbol for phoneme in found) == said


def test_sounds_are_spelled_without_marks_words_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(text: str, british: bool) -> list[Phoneme]:
        sounds = "hˈOm, ðˈɛɹ — ˈɪf." if not british else "hˈQm, ðˈɛː — ˈɪf."
        return [Phoneme(symbol, None) for symbol in sounds]

    monkeypatch.setattr(kokoro_speech, "read_english", read)
    assert spelled_sounds("home, there - if.", british=False) == "hˈOm ðˈɛɹ ˈɪf"
    assert Kokoro().pronounced("home, there - if.") == ("hˈOm ðˈɛɹ ˈɪf", "hˈQm ðˈɛː ˈɪf")


def test_words_last_from_their_first_to_their_last_sound_and_pauses_lie_between() -> None:
    phonemes = [Phoneme("a", 0), Phoneme("b", 0), Phoneme(",", None), Phoneme(" ", None), Phoneme("c", 1)]
    durations = np.array([5, 1, 2, 3, 4, 6, 7], np.float32)
    assert word_times(phonemes, durations, 2) == [(5, 8), (15, 21)]


def test_a_mark_within_a_word_does_not_divide_it() -> None:
    phonemes = [Phoneme("a", 0), Phoneme("—", None), Phoneme("b", 0)]
    assert word_times(phonemes, np.ones(5, np.float32), 1) == [(1, 4)]


def test_a_word_without_a_sound_cannot_be_timed() -> None:
    assert word_times([Phoneme("a", 0)], np.ones(3, np.float32), 2) is None


asked: list[tuple[str, bool]] = []


def letters(text: str, british: bool) -> list[Phoneme]:
    """Every letter is its own sound."""
    asked.append((text, british))
    word, phonemes = 0, []
    for letter in text:
        word += letter == " "
        phonemes.append(Phoneme(letter, None if letter == " " else word))
    return phonemes


@pytest.fixture
def speech(tmp_path: Path) -> KokoroSpeech:
    return KokoroSpeech(files_of(tmp_path, speaking_graph(), _VOCABULARY), read=letters)


def test_words_are_where_they_are_heard(speech: KokoroSpeech) -> None:
    said = speech.say("a b", "af_heart")
    assert said is not None
    first, second = said.words
    assert (first.text, second.text) == ("a", "b")
    edge = 1 / 40
    assert (first.start, first.end) == pytest.approx((edge, edge + 0.5), abs=0.002)
    assert (second.start, second.end) == pytest.approx((edge + 0.75, edge + 1.75), abs=0.002)
    assert len(said.samples) == pytest.approx(16_000 * (second.end + edge), abs=2)
    assert said.samples.dtype == np.float32
    for word, level in ((first, 0.2), (second, 0.4)):
        middle = said.samples[int((word.start + 0.05) * 16_000) : int((word.end - 0.05) * 16_000)]
        np.testing.assert_allclose(middle, level, atol=0.01)


def test_silence_at_the_end_is_of_no_word(speech: KokoroSpeech) -> None:
    with_silence, without = speech.say("a b__", "af_heart"), speech.say("a b", "af_heart")
    assert with_silence is not None
    assert without is not None
    assert with_silence.words[-1].end == pytest.approx(without.words[-1].end, abs=0.002)
    assert len(with_silence.samples) == len(without.samples) + 2 * 400


def test_the_same_line_is_the_same_samples_whatever_was_said_between(speech: KokoroSpeech) -> None:
    before = speech.say("ab a", "bm_george")
    speech.say("b", "af_heart")
    again = speech.say("ab a", "bm_george")
    assert before is not None
    assert again is not None
    np.testing.assert_array_equal(before.samples, again.samples)


def test_british_speakers_read_british_english(speech: KokoroSpeech) -> None:
    asked.clear()
    speech.say("a", "bm_george")
    speech.say("a", "af_heart")
    assert asked == [("a", True), ("a", False)]


@pytest.mark.parametrize("text", ["a x", "aaa bbb", ""], ids=["unknown letter", "too long", "none"])
def test_what_cannot_be_timed_is_not_said(speech: KokoroSpeech, text: str) -> None:
    assert speech.say(text, "af_heart") is None


def test_a_changed_voice_is_refused_when_it_is_asked_for(tmp_path: Path, speech: KokoroSpeech) -> None:
    (tmp_path / "bm_george.bin").write_bytes(b"other")
    assert speech.say("a", "af_heart") is not None
    with pytest.raises(VoiceTrainingError, match=r"bm_george\.bin"):
        speech.say("a", "bm_george")
