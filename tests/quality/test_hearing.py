"""What a recogniser hears of a sample is shown word by word, beside the opinion that is predicted."""

import sys
from collections.abc import Generator

import numpy as np
import pytest

from speecht5_demo.errors import QualityError
from speecht5_demo.quality import hearing
from speecht5_demo.quality.hearing import (
    Heard,
    HeardWord,
    compare,
    hear_in_parts,
    lacking,
    open_in_parts,
)
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.recognisers import Recogniser, find_recogniser
from speecht5_demo.quality.signals import Samples
from tests.quality.conftest import TEXT


def hear(recogniser: Recogniser, spoken_text: str, samples: Samples) -> Heard:
    def kept() -> Generator[None, None, None]:
        found.append((yield from hear_in_parts(recogniser, spoken_text, samples)))

    found: list[Heard] = []
    list(kept())
    return found[0]


@pytest.mark.parametrize(
    ("spoken", "heard", "words"),
    [
        ("Go on.", "go on", [("go", "same"), ("on", "same")]),
        ("Go on then.", "go then", [("go", "same"), ("on", "missing"), ("then", "same")]),
        ("Go on.", "go on and on", [("go", "same"), ("on", "same"), ("and", "added"), ("on", "added")]),
        ("Twenty apples.", "20 apples", [("20", "same"), ("apples", "same")]),
        ("Go on.", "", [("go", "missing"), ("on", "missing")]),
    ],
)
def test_words_that_differ_are_marked(spoken: str, heard: str, words: list[tuple[str, str]]) -> None:
    assert [(word.text, word.kind) for word in compare(spoken, heard)] == words


def test_a_word_in_place_of_another_names_both() -> None:
    assert compare("a smooth plank", "a smooth blank")[2] == HeardWord("blank", "other", said="plank")


def test_a_sample_of_the_built_in_voice_is_heard_and_predicted(whisper: Recogniser, speech: Samples) -> None:
    found = hear(whisper, TEXT, speech)
    same = [word.text for word in found.words if word.kind == "same"]
    assert {"easy", "depth", "well"} <= set(same)
    assert found.wer < 0.3
    assert found.predicted_mos is not None
    assert 1 <= found.predicted_mos <= 5
    assert found.distilled_mos is not None
    assert 1 <= found.distilled_mos <= 5
    assert found.wrong / found.said == pytest.approx(found.wer)


def test_silence_is_heard_as_missing_words_with_a_remark(whisper: Recogniser) -> None:
    found = hear(whisper, "Go on.", np.zeros(16_000, np.float32))
    assert {word.kind for word in found.words} == {"missing"}
    assert (found.wer, found.predicted_mos, found.distilled_mos) == (1.0, None, None)
    assert "silent" in found.remark


def test_a_long_sample_is_heard_in_parts_between_which_others_can_be_served(
    whisper: Recogniser, speech: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[float] = []
    for name in ("predicted_mos", "distilled_mos"):
        monkeypatch.setattr(hearing, name, lambda samples: judged.append(len(samples) / 16_000))
    times = 30 * 16_000 // speech.size + 1
    parts = list(hear_in_parts(whisper, " ".join([TEXT] * times), np.tile(speech, times)))
    assert len(parts) == 2 + 2
    assert judged == [hearing.PREDICTED_S] * 2  # which takes no longer for a longer sample


def test_what_is_not_installed_is_named_without_importing_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lacking() == ()
    monkeypatch.setattr(Library, "version", lambda library: None)
    assert {"faster-whisper", "jiwer", "distillmos"} <= set(lacking())


@pytest.mark.parametrize("module", ["faster_whisper", "jiwer", "onnxruntime", "distillmos"])
def test_without_the_optional_set_the_error_says_how_to_get_it(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(QualityError, match="make quality"):
        list(open_in_parts(find_recogniser()))
