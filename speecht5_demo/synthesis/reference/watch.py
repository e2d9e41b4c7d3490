"""What transformers' loop does not tell by itself: its steps, its stages and what it hears; and our dropout in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from speecht5_demo.synthesis.engine import OnStep
from speecht5_demo.synthesis.masks import DropoutMasks


class Watch:
    """One utterance, watched.

    Attributes:
        encoded: when the text encoder ended, by `time.perf_counter`.
        steps: decoder steps so far.
        prenet_inputs: the frames that the steps so far were given, shape (steps, mel bins); None before the first.
    """

    def __init__(
        self, masks: DropoutMasks, layers: int, on_step: OnStep | None, frames: Tensor | None
    ) -> None:
        self.encoded = 0.0
        self.steps = 0
        self.prenet_inputs: Tensor | None = None
        self._masks = masks
        self._layers = layers
        self._layer = 0
        self._on_step = on_step
        self._frames = frames

    def dropout(self, inputs: Tensor, p: float) -> Tensor:
        """The mask of each frame so far, shape (batch, frames, units), in the order the layers ask."""
        mask = self._masks.table(inputs.shape[1])[:, self._layer]
        self._layer = (self._layer + 1) % self._layers
        return inputs * mask

    def encoder_done(self, *_: Any) -> None:
        """Hook after the text encoder."""
        self.encoded = time.perf_counter()

    def prenet_hears(self, _: Any, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Hook before the prenet: it hears all frames so far, its own or those that were given."""
        frames, *others = arguments
        if self._frames is not None:
            frames = self._frames[None, : frames.shape[1]]
        self.prenet_inputs = frames[0]
        return (frames, *others)

    def prenet_done(self, *_: Any) -> None:
        """Hook after the prenet, which runs once a step."""
        self.steps += 1
        if self._on_step is not None:
            self._on_step(self.steps)


@contextmanager
def watched(
    acoustic: Any, masks: DropoutMasks, on_step: OnStep | None = None, frames: Tensor | None = None
) -> Iterator[Watch]:
    """Our masks in the prenet and a watch on the stages, for the length of one utterance.

    Args:
        acoustic: a `SpeechT5ForTextToSpeech`; left as it was found.
        masks: of the prenet's dropout.
        on_step: called after each step.
        frames: what the steps hear instead of their own frames, shape (steps, mel bins).
    """
    prenet, encoder = acoustic.speecht5.decoder.prenet, acoustic.speecht5.encoder
    watch = Watch(masks, len(prenet.layers), on_step, frames)
    prenet._consistent_dropout = watch.dropout
    hooks = (
        encoder.register_forward_hook(watch.encoder_done),
        prenet.register_forward_pre_hook(watch.prenet_hears),
        prenet.register_forward_hook(watch.prenet_done),
    )
    try:
        yield watch
    finally:
        del prenet._consistent_dropout
        for hook in hooks:
            hook.remove()
