"""The built-in voice can be understood: a recogniser writes down what it says.

Whisper tiny.en mishears an eighth of the words of the teacher voice itself; the bound is for the day when the voice
breaks, and the second test shows that a broken voice does not pass it.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.recognisers import Recogniser, open_recogniser
from speecht5_demo.quality.sentences import read_sentences
from speecht5_demo.quality.signals import SAMPLING_RATE
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.variants import Variant, custom, find

SENTENCES = tuple(sentence.text for sentence in read_sentences("15"))
"""A hundred words and more: with forty, a speaker's rate lies ten points off by chance."""
UNDERSTOOD = 0.3
AT_ONCE = 5
"""Sentences that are heard together: a recogniser takes as long for one as for half a minute of them."""
PAUSE = np.zeros(SAMPLING_RATE // 2, np.float32)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return open_recogniser()


@pytest.fixture(scope="module")
def synthesizer(embedded: Checkpoint) -> Synthesizer:
    return Synthesizer(embedded)


def word_error_rate(
    synthesizer: Synthesizer,
    recogniser: Recogniser,
    speaker: str,
    variant: Variant,
    sentences: Sequence[str] = SENTENCES,
) -> float:
    """All errors over all words."""
    errors = words = 0.0
    for start in range(0, len(sentences), AT_ONCE):
        together = sentences[start : start + AT_ONCE]
        clips = [synthesizer.speak(sentence, speaker, variant).samples for sentence in together]
        heard = recogniser.transcribe(np.concatenate([part for clip in clips for part in (clip, PAUSE)]))
        found = word_errors(" ".join(together), heard.text)
        errors, words = errors + found.wer * found.words, words + found.words
    return errors / words


def test_every_built_in_speaker_is_understood(
    synthesizer: Synthesizer, recogniser: Recogniser, subtests: pytest.Subtests
) -> None:
    """By `turbo`, which is the baseline's own samples in a third of the time."""
    for speaker in synthesizer.checkpoint.speakers:
        with subtests.test(speaker=speaker):
            assert word_error_rate(synthesizer, recogniser, speaker, find("turbo")) < UNDERSTOOD


def test_a_broken_voice_is_not_understood(synthesizer: Synthesizer, recogniser: Recogniser) -> None:
    broken = custom(0.8, int8=False)
    speaker = next(iter(synthesizer.checkpoint.speakers))
    assert word_error_rate(synthesizer, recogniser, speaker, broken, SENTENCES[:3]) > UNDERSTOOD


def test_the_report_recipe_leaves_the_voice_intelligible(
    synthesizer: Synthesizer, recogniser: Recogniser
) -> None:
    speaker = next(iter(synthesizer.checkpoint.speakers))
    assert word_error_rate(synthesizer, recogniser, speaker, find("pruned-int8")) < UNDERSTOOD
