"""What every engine promises: token ids, a speaker and masks in; mel, samples and stage times out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from speecht5_demo.synthesis.masks import DropoutMasks
from speecht5_demo.variants.sizes import Sizes

OnStep = Callable[[int], None]
"""Called with the number of decoder steps done; raises `SynthesisCancelled` to end the run."""


@dataclass(frozen=True)
class StepLimits:
    """How long one utterance may get.

    Attributes:
        max_steps: decoder steps after which the run is cut and marked.
        min_steps: decoder steps before which the stop head is not asked.
        threshold: summed stop probability of a step that ends the run; above the reduction factor it never does.
    """

    max_steps: int
    min_steps: int = 0
    threshold: float = 0.5


@dataclass(frozen=True)
class Utterance:
    """One piece of text, spoken by one engine.

    Attributes:
        mel: log-mel spectrogram after the postnet, float32, shape (frames, 80).
        samples: mono waveform in [-1, 1], float32, shape (n,).
        encode_s: seconds in the text encoder.
        decode_s: seconds in the decoder loop and the postnet.
        vocode_s: seconds in the vocoder.
        steps: decoder steps taken.
        ended: False when `max_steps` cut the run before the stop head fired.
        attention: cross-attention, shape (layers, heads, steps, tokens), where it was asked for.
        attention_s: of `decode_s`, seconds in attention, where the engine takes them: what grows with the length.
    """

    mel: Tensor
    samples: Tensor
    encode_s: float
    decode_s: float
    vocode_s: float
    steps: int
    ended: bool
    attention: Tensor | None = None
    attention_s: float | None = None


class Engine(Protocol):
    """One variant, ready to speak. Safe under threads: a second call waits for the first."""

    def new_masks(self, seed: int) -> DropoutMasks:
        """Masks of the shape this engine's model needs."""

    def sizes(self) -> Sizes:
        """Bytes and parameters of the variant, from an artifact that is really saved."""

    def speak(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
    ) -> Utterance:
        """Speak one piece.

        Args:
            tokens: token ids, int64, shape (1, n).
            speaker: x-vector, float32, shape (1, 512).
            masks: from `new_masks`.
            limits: how long it may get.
            on_step: told after each decoder step.
        """
