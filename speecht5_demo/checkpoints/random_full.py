"""The published architecture at full size with seeded random weights.

It answers "how large, how fast" on a machine that has no copy of the published model. What comes out is not
speech, so nothing may offer it to a listener.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from speecht5_demo.checkpoints.checkpoint import Checkpoint, SpeakingLimits
from speecht5_demo.checkpoints.embedded import FOLDER as EMBEDDED_FOLDER
from speecht5_demo.checkpoints.tokenizer import known_letters, read_tokenizer
from speecht5_demo.messages import Message
from speecht5_demo.speakers import VECTOR_SIZE, Speaker

if TYPE_CHECKING:
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

SEED = 0
STEPS_PER_TOKEN = 1.875
"""150 decoder steps (4.8 s) for an 80-token sentence: about the pace of the published voice."""


@dataclass(frozen=True)
class SeededSource:
    """Weights drawn from one seed, in the published sizes: always the same."""

    def tokenizer(self) -> SpeechT5Tokenizer:
        """The built-in voice's."""
        return read_tokenizer(EMBEDDED_FOLDER)

    def acoustic_config(self) -> SpeechT5Config:
        """Sizes of `microsoft/speecht5_tts`: the library's defaults, but for the two position tables."""
        from transformers import SpeechT5Config

        return SpeechT5Config(max_text_positions=600, max_speech_positions=1876)

    def vocoder_config(self) -> SpeechT5HifiGanConfig:
        """Sizes of `microsoft/speecht5_hifigan`.

        The spread of the random weights is larger than the library's, which would fade the signal to 1e-6 on its
        way through the network: numbers that small can be slow to compute with, and times are what this is for.
        """
        from transformers import SpeechT5HifiGanConfig

        return SpeechT5HifiGanConfig(initializer_range=0.04)

    def digest(self) -> str:
        """SHA-256 of the recipe, which stands for the weights."""
        configs = (self.acoustic_config(), self.vocoder_config())
        recipe = "\n".join([str(SEED), *(config.to_json_string() for config in configs)])
        return hashlib.sha256(recipe.encode()).hexdigest()

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """144 million random weights; takes seconds and 0.6 GB."""
        from transformers import SpeechT5ForTextToSpeech

        from speecht5_demo.checkpoints.loading import drawn_network

        return drawn_network(SpeechT5ForTextToSpeech, self.acoustic_config(), SEED)

    def load_vocoder(self) -> SpeechT5HifiGan:
        """13 million random weights."""
        from transformers import SpeechT5HifiGan

        from speecht5_demo.checkpoints.loading import drawn_network

        return drawn_network(SpeechT5HifiGan, self.vocoder_config(), SEED)


def open_random_full() -> Checkpoint:
    """The full-size checkpoint of random weights, with the built-in tokenizer and one random speaker."""
    vector = np.random.default_rng(SEED).standard_normal(VECTOR_SIZE).astype(np.float32)
    vector /= np.linalg.norm(vector)
    return Checkpoint(
        spec="random-full",
        title="full-size random weights",
        notice=Message(
            "Random weights at the published model's size: fit for sizes and times; its sound is noise."
        ),
        listenable=False,
        letters=known_letters(EMBEDDED_FOLDER),
        speakers={"random": Speaker("random", "Random vector (not a voice)", vector, f"seed {SEED}")},
        limits=SpeakingLimits(max_characters=180, max_length_ratio=20, steps_per_token=STEPS_PER_TOKEN),
        source=SeededSource(),
    )
