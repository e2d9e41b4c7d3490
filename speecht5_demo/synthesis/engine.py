"""What every engine promises: token ids, a speaker and masks in; mel, samples and stage times out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from speecht5_demo.synthesis.masks import DropoutMasks

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
class Request:
    """One utterance of a batch; see `Engine.speak` for what the fields are."""

    tokens: Tensor
    speaker: Tensor
    masks: DropoutMasks
    limits: StepLimits


@dataclass(frozen=True)
class Utterance:
    """One piece of text, spoken by one engine.

    Attributes:
        mel: log-mel spectrogram after the postnet, float32, shape (frames, mel bins).
        samples: mono waveform in [-1, 1], float32, shape (n,).
        encode_s: seconds in the text encoder.
        decode_s: seconds in the decoder loop and the postnet.
        vocode_s: seconds in the vocoder.
        steps: decoder steps taken.
        ended: False when `max_steps` cut the run before the stop head fired.
        prenet_inputs: the frame that each step was given, float32, shape (steps, mel bins); what
            `Engine.speak_forced` takes.
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
    prenet_inputs: Tensor
    attention: Tensor | None = None
    attention_s: float | None = None


@dataclass(frozen=True)
class Abilities:
    """What an engine gains from being asked for more than one piece, whole. Every engine can be asked.

    Attributes:
        batch: pieces worth giving it at once; 1 where that gains nothing, or where a batch would change the result.
        shares: whether the pieces of a batch share work, so that together they take less time.
        streams: whether `stream` gives samples before the piece is whole.
        kernels: what computes: `transformers`, `C++` or `PyTorch`, with the reason where that is a second choice.
    """

    batch: int
    shares: bool
    streams: bool
    kernels: str


class Engine(Protocol):
    """One variant, ready to speak. Safe under threads."""

    @property
    def abilities(self) -> Abilities:
        """What it is worth asking for."""

    def new_masks(self, seed: int) -> DropoutMasks:
        """Masks of the shape this engine's model needs."""

    def speak(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
        want_attention: bool = False,
    ) -> Utterance:
        """Speak one piece.

        Args:
            tokens: token ids, int64, shape (1, n).
            speaker: x-vector, float32, shape (1, size), of the size the checkpoint says.
            masks: from `new_masks`.
            limits: how long it may get.
            on_step: called after each decoder step, or after a few.
            want_attention: keep the cross-attention, at some cost in time.
        """

    def speak_batch(
        self, requests: Sequence[Request], on_step: OnStep | None = None, want_attention: bool = False
    ) -> list[Utterance]:
        """Speak several pieces, at once where that gains; each comes out as it would alone.

        The seconds of what is shared are split among the utterances.
        """

    def stream(
        self,
        tokens: Tensor,
        speaker: Tensor,
        masks: DropoutMasks,
        limits: StepLimits,
        on_step: OnStep | None = None,
    ) -> Generator[Tensor, None, Utterance]:
        """Speak one piece and yield its samples as they are made, or at the end; return the whole.

        Together they are the samples of `speak`. Closing the generator ends the run.
        """

    def speak_forced(self, tokens: Tensor, speaker: Tensor, masks: DropoutMasks, frames: Tensor) -> Utterance:
        """Speak along given frames instead of the own ones (teacher forcing): step t hears `frames[t]`.

        Args:
            tokens, speaker, masks: as `speak`.
            frames: float32, shape (steps, mel bins); the first is what the first step hears, zeros as a rule.
        """
