"""One sample of a comparison: what is kept of its speech, and what the visitor said of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, fields

from speecht5_demo.sizes import Sizes
from speecht5_demo.synthesis import Latency, Speech
from speecht5_demo.ui.compare.clips import Clip
from speecht5_demo.variants import Variant

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Sample:
    """What is remembered of a speech once its audio is a file.

    Attributes:
        variant, text, spoken_text, speaker, checkpoint, seed, sampling_rate, steps, pieces, ended, latency,
            audio_seconds: as in `Speech`.
    """

    variant: str
    text: str
    spoken_text: str
    speaker: str
    checkpoint: str
    seed: int
    sampling_rate: int
    steps: int
    pieces: int
    ended: bool
    latency: Latency
    audio_seconds: float

    @classmethod
    def of(cls, speech: Speech) -> Sample:
        """The speech without its samples and spectrogram."""
        return cls(**{field.name: getattr(speech, field.name) for field in fields(cls)})

    @property
    def rtf(self) -> float:
        """Synthesis seconds per second of audio."""
        return self.latency.median / self.audio_seconds


@dataclass
class Card:
    """One sample of a run.

    Attributes:
        shown_at: monotonic time from which the page may know it.
        first_audio_s: None where nothing can be played before the whole is there.
        rating: set after its row is on the disk.
        rating_id: of that row.
        corrections: how often the rating was changed.
    """

    index: int
    variant: Variant
    sample: Sample
    clip: Clip
    shown_at: float = 0.0
    sizes: Sizes | None = None
    first_audio_s: float | None = None
    rating: int | None = None
    rating_id: str = ""
    corrections: int = 0
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    def again(self, index: int, clip: Clip) -> Card:
        """The same sample as a card of another run, with a ticket of its own and no rating."""
        return Card(index, self.variant, self.sample, clip, time.monotonic(), self.sizes, self.first_audio_s)

    @property
    def letter(self) -> str:
        """What a blind card is called."""
        return LETTERS[self.index]
