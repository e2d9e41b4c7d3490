"""The second voice: the speakers of the built-in one, in half its steps."""

import pytest

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.checkpoints.embedded import FOLDER
from speecht5_demo.synthesis import Synthesizer

_VOICE = FOLDER.with_name("voice-four-frames")
_TEXT = "The birch canoe slid on the smooth planks."


@pytest.mark.parametrize("variant", ["baseline", "turbo-int8"])
def test_the_second_voice_says_a_sentence_in_half_the_steps(embedded, variant: str) -> None:
    second = open_checkpoint(str(_VOICE))
    assert list(second.speakers) == list(embedded.speakers)
    first_speech, second_speech = (
        Synthesizer(checkpoint).speak(_TEXT, "slt", variant, seed=0) for checkpoint in (embedded, second)
    )
    assert second_speech.ended
    assert 0.4 < second_speech.steps / first_speech.steps < 0.6
    assert 0.85 < len(second_speech.samples) / len(first_speech.samples) < 1.15


def test_the_second_voice_is_no_larger_than_20_megabytes() -> None:
    assert sum(path.stat().st_size for path in _VOICE.rglob("*") if path.is_file()) < 20e6
