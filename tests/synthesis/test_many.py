"""Many texts at once are the texts one by one."""

from typing import Any

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import TextError
from speecht5_demo.synthesis import Line, Synthesizer, speak_many

SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Oh.",
    "Glue the sheet to the dark blue background. " * 6,
    "Rice is often served in round bowls.",
    "It's easy to tell the depth of a well.",
)


@pytest.fixture(scope="module")
def synthesizer(embedded: Checkpoint) -> Synthesizer:
    return Synthesizer(embedded)


def lines(checkpoint: Checkpoint) -> list[Line]:
    speakers = list(checkpoint.speakers)
    return [Line(text, speakers[k % len(speakers)], seed=k) for k, text in enumerate(SENTENCES)]


@pytest.mark.parametrize("variant", ["turbo", "turbo-int8", "int8"])
def test_a_batch_is_its_texts_one_by_one(
    embedded: Checkpoint, synthesizer: Synthesizer, variant: str
) -> None:
    together = list(speak_many(synthesizer, lines(embedded), variant))
    assert len(together) == len(SENTENCES)
    for line, speech in zip(lines(embedded), together, strict=True):
        alone = synthesizer.speak(line.text, line.speaker, variant, seed=line.seed)
        assert (speech.text, speech.speaker, speech.seed) == (alone.text, alone.speaker, alone.seed)
        assert (speech.steps, speech.pieces, speech.ended) == (alone.steps, alone.pieces, alone.ended)
        assert np.abs(speech.mel - alone.mel).max() < 1e-3
        assert np.abs(speech.samples - alone.samples).max() < 1e-3
        assert speech.latency.median > 0


def test_a_speech_is_given_out_before_the_last_is_made(
    synthesizer: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[object] = []
    engine = synthesizer.engine

    def counted(*asked: Any) -> Any:
        turns.append(asked)
        return engine(*asked)

    monkeypatch.setattr(synthesizer, "engine", counted)
    speeches = speak_many(synthesizer, [Line("Oh.", "am_michael", k) for k in range(20)], "turbo-int8")
    assert next(speeches).seed == 0
    assert len(turns) == 1
    assert len(list(speeches)) == 19
    assert len(turns) > 1


def test_an_unusable_text_is_named_before_anything_is_spoken(synthesizer: Synthesizer) -> None:
    with pytest.raises(TextError):
        next(speak_many(synthesizer, [Line("Good.", "am_michael"), Line("  ", "am_michael")], "turbo"))
