"""What a file of synthesized speech says of itself once it is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from speecht5_demo import __version__
from speecht5_demo.wav import Tags

SYNTHETIC = "Synthetic speech: made by a text-to-speech model, not spoken by a person."


class Made(Protocol):
    """What is known of a speech, its samples aside."""

    @property
    def text(self) -> str: ...
    @property
    def checkpoint(self) -> str: ...
    @property
    def speaker(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class SpeechFacts:
    """The same of a speech that is not made yet; see `Speech` for what the fields are."""

    text: str
    checkpoint: str
    speaker: str
    variant: str
    seed: int


def speech_tags(speech: Made) -> Tags:
    """Text, checkpoint and variant."""
    how = f"variant {speech.variant}, checkpoint {speech.checkpoint}, speaker {speech.speaker}, seed {speech.seed}"
    return _tags(speech.text, f"{speech.checkpoint}, {speech.speaker}", f"{SYNTHETIC} {how}.")


def blind_tags(text: str) -> Tags:
    """The same for every sample of a comparison whose names are hidden."""
    return _tags(text, "", SYNTHETIC)


def _tags(title: str, artist: str, comment: str) -> Tags:
    return Tags(title, artist, comment, f"speecht5-demo {__version__}")
