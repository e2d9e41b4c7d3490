"""The built-in voice can be understood: a real recogniser writes down what it says.

pocketsphinx is a weak recogniser (it mishears a fifth of what the teacher voice itself says), so the bound is wide;
it is there for the day when the voice breaks, and the second test shows that a broken voice does not pass it.
"""

from collections.abc import Sequence

import jiwer
import numpy as np
import pocketsphinx
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.variants import Variant, custom, find

SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "These days a chicken leg is a rare dish.",
    "The box was thrown beside the parked truck.",
    "Four hours of steady work faced us.",
    "It is easy to tell the depth of a well.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The hogs were fed chopped corn and garbage.",
    "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose.",
    "A rod is used to catch pink salmon.",
    "The source of the huge river is the clear spring.",
    "Kick the ball straight and follow through.",
    "Help the woman get back to her feet.",
)
"""A hundred words and more: with forty, a speaker's rate lies ten points off by chance."""
UNDERSTOOD = 0.5


@pytest.fixture(scope="module")
def recogniser() -> pocketsphinx.Decoder:
    # The bound on hypotheses per frame spares most of the time that it would spend on noise.
    return pocketsphinx.Decoder(samprate=16_000, maxhmmpf=3000, loglevel="FATAL")


@pytest.fixture(scope="module")
def synthesizer(embedded: Checkpoint) -> Synthesizer:
    return Synthesizer(embedded)


def heard(recogniser: pocketsphinx.Decoder, samples: np.ndarray) -> str:
    silence = np.zeros(4000, np.int16)
    recogniser.start_utt()
    audio = np.concatenate([silence, (samples * 32767).astype(np.int16), silence])
    recogniser.process_raw(audio.tobytes(), full_utt=True)
    recogniser.end_utt()
    hypothesis = recogniser.hyp()
    return hypothesis.hypstr if hypothesis else ""


def word_error_rate(
    synthesizer: Synthesizer,
    recogniser: pocketsphinx.Decoder,
    speaker: str,
    variant: Variant,
    sentences: Sequence[str] = SENTENCES,
) -> float:
    spoken = [synthesizer.speak(sentence, speaker, variant).samples for sentence in sentences]
    said = [sentence.lower().rstrip(".") for sentence in sentences]
    return float(jiwer.wer(said, [heard(recogniser, samples) or "nothing" for samples in spoken]))


def test_every_built_in_speaker_is_understood(
    synthesizer: Synthesizer, recogniser: pocketsphinx.Decoder, subtests: pytest.Subtests
) -> None:
    for speaker in synthesizer.checkpoint.speakers:
        with subtests.test(speaker=speaker):
            assert word_error_rate(synthesizer, recogniser, speaker, find("baseline")) < UNDERSTOOD


def test_a_broken_voice_is_not_understood(synthesizer: Synthesizer, recogniser: pocketsphinx.Decoder) -> None:
    broken = custom(0.8, int8=False)
    speaker = next(iter(synthesizer.checkpoint.speakers))
    assert word_error_rate(synthesizer, recogniser, speaker, broken, SENTENCES[:1]) > UNDERSTOOD


def test_the_report_recipe_leaves_the_voice_intelligible(
    synthesizer: Synthesizer, recogniser: pocketsphinx.Decoder
) -> None:
    speaker = next(iter(synthesizer.checkpoint.speakers))
    assert word_error_rate(synthesizer, recogniser, speaker, find("pruned-int8")) < UNDERSTOOD
