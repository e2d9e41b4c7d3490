"""A checkpoint: everything that speaking needs, except the weights, which load when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from transformers import (
    SpeechT5Config,
    SpeechT5ForTextToSpeech,
    SpeechT5HifiGan,
    SpeechT5HifiGanConfig,
    SpeechT5Tokenizer,
)

from speecht5_demo.speakers import Speaker, find_speaker


@dataclass(frozen=True)
class SpeakingLimits:
    """What a checkpoint can hold in one go.

    Attributes:
        max_characters: longest piece of spoken text, in characters; longer text has to be split.
        max_length_ratio: spectrogram frames a text token may take before the run is cut off.
        steps_per_token: decoder steps to speak for each text token, whatever the stop head says; None, the rule,
            asks the stop head. Random weights have none worth asking.
    """

    max_characters: int
    max_length_ratio: float
    steps_per_token: float | None = None


class Weights(Protocol):
    """Where a checkpoint's two networks come from."""

    def digest(self) -> str:
        """SHA-256, hexadecimal, of what the networks are loaded from."""

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """A new text-to-spectrogram network."""

    def load_vocoder(self) -> SpeechT5HifiGan:
        """A new spectrogram-to-waveform network."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A SpeechT5 acoustic model, its vocoder, its tokenizer and its speakers.

    Attributes:
        spec: what opened it: `embedded`, `random-full`, a hub id or a folder.
        title: a short name to show.
        notice: a sentence to show: which voice speaks and, where that is not obvious, how to load another.
        listenable: False when the output is not speech and must not be offered to a listener.
        tokenizer: text to ids; numbers are left as they are, `speecht5_demo.text` has spelled them before.
        speakers: by name, the default one first.
        limits: how much it can say at once.
        acoustic_config, vocoder_config: sizes of the two networks.
        weights: where the networks come from.
    """

    spec: str
    title: str
    notice: str
    listenable: bool
    tokenizer: SpeechT5Tokenizer
    speakers: Mapping[str, Speaker]
    limits: SpeakingLimits
    acoustic_config: SpeechT5Config
    vocoder_config: SpeechT5HifiGanConfig
    weights: Weights

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights, hexadecimal: two checkpoints with the same digest say the same thing."""
        return self.weights.digest()

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """A new acoustic model: float32, in evaluation mode, without gradients.

        Raises:
            CheckpointError: when the file is broken or belongs to another model.
        """
        return self.weights.load_acoustic()

    def load_vocoder(self) -> SpeechT5HifiGan:
        """A new vocoder: float32, in evaluation mode, without gradients.

        Raises:
            CheckpointError: when the file is broken or belongs to another model.
        """
        return self.weights.load_vocoder()

    def speaker(self, name: str | None = None) -> Speaker:
        """The speaker called `name`, or the default one.

        Raises:
            SpeakerError: when there is none of that name.
        """
        if name is None:
            return next(iter(self.speakers.values()))
        return find_speaker(self.speakers, name)
