"""The built-in voice can be understood: a real recogniser writes down what it says.

pocketsphinx is a weak recogniser (it mishears a fifth of what the teacher voice itself says), so the bound is wide;
it is there for the day when the voice breaks, and the second test shows that a broken voice does not pass it.
"""

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
)
UNDERSTOOD = 0.5


@pytest.fixture(scope="module")
def recogniser() -> pocketsphinx.Decoder:
    return pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL")


def heard(recogniser: pocketsphinx.Decoder, samples: np.ndarray) -> str:
    silence = np.zeros(4000, np.int16)
    recogniser.start_utt()
    audio = np.concatenate([silence, (samples * 32767).astype(np.int16), silence])
    recogniser.process_raw(audio.tobytes(), full_utt=True)
    recogniser.end_utt()
    hypothesis = recogniser.hyp()
    return hypothesis.hypstr if hypothesis else ""


def word_error_rate(
    checkpoint: Checkpoint, recogniser: pocketsphinx.Decoder, speaker: str, variant: Variant
) -> float:
    synthesizer = Synthesizer(checkpoint)
    spoken = [synthesizer.speak(sentence, speaker, variant).samples for sentence in SENTENCES]
    said = [sentence.lower().rstrip(".") for sentence in SENTENCES]
    return float(jiwer.wer(said, [heard(recogniser, samples) or "nothing" for samples in spoken]))


def test_every_built_in_speaker_is_understood(
    embedded: Checkpoint, recogniser: pocketsphinx.Decoder, subtests: pytest.Subtests
) -> None:
    for speaker in embedded.speakers:
        with subtests.test(speaker=speaker):
            assert word_error_rate(embedded, recogniser, speaker, find("baseline")) < UNDERSTOOD


def test_a_broken_voice_is_not_understood(embedded: Checkpoint, recogniser: pocketsphinx.Decoder) -> None:
    broken = custom(0.8, int8=False)
    speaker = next(iter(embedded.speakers))
    assert word_error_rate(embedded, recogniser, speaker, broken) > UNDERSTOOD


def test_the_report_recipe_leaves_the_voice_intelligible(
    embedded: Checkpoint, recogniser: pocketsphinx.Decoder
) -> None:
    speaker = next(iter(embedded.speakers))
    assert word_error_rate(embedded, recogniser, speaker, find("pruned-int8")) < UNDERSTOOD
