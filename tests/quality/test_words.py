"""Word errors count what a person would count."""

import numpy as np
import pytest

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import BY_NAME, Measured
from speecht5_demo.quality.metrics.words import normalised, word_errors
from speecht5_demo.quality.signals import Samples
from speecht5_demo.quality.subject import Subject
from speecht5_demo.quality.transcript import Transcript


@pytest.mark.parametrize(
    ("spoken", "heard", "errors", "words"),
    [
        ("The birch canoe slid.", "the birch canoe slid", 0, 4),
        ("The birch canoe slid.", "", 4, 4),
        ("The birch canoe slid.", "the birch can you slid", 2, 4),
        ("It's hot, isn't it?", "it is hot is not it", 0, 6),
        ("twenty three apples", "23 apples", 0, 2),
        ("Go.", "go go go", 2, 1),
    ],
)
def test_errors_are_counted_on_normalised_words(spoken: str, heard: str, errors: int, words: int) -> None:
    found = word_errors(spoken, heard)
    assert found.words == words
    assert found.wer == pytest.approx(errors / words)


def test_character_errors_are_finer_than_word_errors() -> None:
    found = word_errors("the birch canoe", "the birch canoes")
    assert found.wer == pytest.approx(1 / 3)
    assert found.cer == pytest.approx(1 / len("the birch canoe"))


def test_a_sentence_without_words_cannot_be_judged() -> None:
    with pytest.raises(QualityError, match="no words"):
        word_errors("...", "anything")


def test_both_sides_are_written_alike() -> None:
    assert normalised("Mr. O'Neil's $5 isn't HERE!") == normalised("mister o'neil's $5 is not here")


class Reader:
    """A recogniser that reads a number of words from how loud speech is."""

    name = "reader"

    def transcribe(self, samples: Samples) -> Transcript:
        return Transcript(" ".join(["go"] * round(float(samples.max()))))


def test_an_utterance_under_several_seeds_has_the_mean_of_their_errors_and_shows_every_transcript() -> None:
    first, second, silent = (np.full(16_000, level, np.float32) for level in (4.0, 3.0, 0.0))
    subject = Subject("Go, go, go, go.", first, Reader(), reseeded=(lambda: second, lambda: silent))
    found = BY_NAME["wer"].measure(subject)
    assert isinstance(found, Measured)
    assert found.value == pytest.approx((0 / 4 + 1 / 4 + 4 / 4) / 3)
    assert found.detail == "go go go go | go go go | "
    assert "silent" in found.remark
