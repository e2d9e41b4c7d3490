"""A checkpoint: everything that speaking needs; what is slow to read is read when it is asked for.

Opening one imports neither torch nor transformers, so that a program can name its speakers or its errors at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from speecht5_demo.errors import SpeakerError
from speecht5_demo.speakers import VECTOR_SIZE, Speaker, find_speaker

if TYPE_CHECKING:
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )


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


class Source(Protocol):
    """Where a checkpoint's tokenizer and its two networks come from."""

    def tokenizer(self) -> SpeechT5Tokenizer:
        """Text to ids; numbers are left as they are."""

    def acoustic_config(self) -> SpeechT5Config:
        """Sizes of the text-to-spectrogram network."""

    def vocoder_config(self) -> SpeechT5HifiGanConfig:
        """Sizes of the spectrogram-to-waveform network."""

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
        letters: every letter its tokenizer has a token for, beyond the alphabet of English where a fine-tune has more.
        language: what it speaks, a code such as `en` or `de`.
        speakers: by name, the default one first; there may be none.
        vector_size: values of a speaker's vector.
        speaker_encoder: what made its speakers' vectors, as `open_speaker_model` takes it; empty where that is unknown
            or is no encoder of recordings.
        limits: how much it can say at once.
        source: where tokenizer and networks come from.
    """

    spec: str
    title: str
    notice: str
    listenable: bool
    letters: frozenset[str]
    speakers: Mapping[str, Speaker]
    limits: SpeakingLimits
    source: Source
    language: str = "en"
    vector_size: int = VECTOR_SIZE
    speaker_encoder: str = ""

    @cached_property
    def tokenizer(self) -> SpeechT5Tokenizer:
        """Text to ids; numbers are left as they are, `speecht5_demo.text` has spelled them before."""
        return self.source.tokenizer()

    @cached_property
    def acoustic_config(self) -> SpeechT5Config:
        """Sizes of the acoustic model."""
        return self.source.acoustic_config()

    @cached_property
    def vocoder_config(self) -> SpeechT5HifiGanConfig:
        """Sizes of the vocoder."""
        return self.source.vocoder_config()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights, hexadecimal: two checkpoints with the same digest say the same thing."""
        return self.source.digest()

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """A new acoustic model: float32, in evaluation mode, without gradients.

        Raises:
            CheckpointError: when the file is broken or belongs to another model.
        """
        return self.source.load_acoustic()

    def load_vocoder(self) -> SpeechT5HifiGan:
        """A new vocoder: float32, in evaluation mode, without gradients.

        Raises:
            CheckpointError: when the file is broken or belongs to another model.
        """
        return self.source.load_vocoder()

    def speaker(self, name: str | Speaker | None = None) -> Speaker:
        """The speaker called `name`, or the default one; one that is given is returned as it is.

        Raises:
            SpeakerError: when there is none of that name, or none at all.
        """
        if isinstance(name, Speaker):
            return name
        if not self.speakers:
            raise SpeakerError(
                f"{self.title} comes without a speaker: give a file of {self.vector_size} values, as in -s NAME.npy."
            )
        if name is None:
            return next(iter(self.speakers.values()))
        return find_speaker(self.speakers, name)
