"""Which word each phoneme belongs to, and when each word is spoken."""

from dataclasses import dataclass

import numpy as np
import pytest

from voice_training.kokoro.phonemes import Phoneme, by_word, word_times


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


def test_words_last_from_their_first_to_their_last_sound_and_pauses_lie_between() -> None:
    phonemes = [Phoneme("a", 0), Phoneme("b", 0), Phoneme(",", None), Phoneme(" ", None), Phoneme("c", 1)]
    durations = np.array([5, 1, 2, 3, 4, 6, 7], np.float32)
    assert word_times(phonemes, durations, 2) == [(5, 8), (15, 21)]


def test_a_mark_within_a_word_does_not_divide_it() -> None:
    phonemes = [Phoneme("a", 0), Phoneme("—", None), Phoneme("b", 0)]
    assert word_times(phonemes, np.ones(5, np.float32), 1) == [(1, 4)]


def test_a_word_without_a_sound_cannot_be_timed() -> None:
    assert word_times([Phoneme("a", 0)], np.ones(3, np.float32), 2) is None
