"""Length-locked speech: a variant driven along the baseline's own spectrogram, frame by frame.

Two free runs drift apart within a second, and a sample-by-sample measure of them says only that. So the
frames that the baseline fed back to itself are recorded, and every variant is fed the same ones, step by step
through its own loop and with the same dropout masks: equal length by construction, and what differs is the variant's
doing. Driven along its own recording the baseline says exactly what it said before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from speecht5_demo.synthesis import DropoutMasks, Engine, ReferenceEngine, StepLimits, Utterance

NEVER = 1e9  # a summed stop probability that no step reaches


@runtime_checkable
class Follower(Protocol):
    """An engine with its own way to be driven along given frames."""

    def follow(self, tokens: Tensor, speaker: Tensor, masks: DropoutMasks, frames: Tensor) -> Utterance:
        """Speak `frames.shape[0]` steps; step t hears `frames[t]`, float32, shape (steps, 80)."""


@contextmanager
def recording(engine: ReferenceEngine) -> Iterator[list[Tensor]]:
    """Note the frames that the prenet heard while this is open; the last entry of the list has them all."""
    heard: list[Tensor] = []

    def note(_: Any, arguments: tuple[Tensor, ...]) -> None:
        heard[:] = [arguments[0][0].clone()]

    hook = _prenet(engine).register_forward_pre_hook(note)
    try:
        yield heard
    finally:
        hook.remove()


def follow(
    engine: Engine, tokens: Tensor, speaker: Tensor, masks: DropoutMasks, frames: Tensor
) -> Utterance | None:
    """`engine` driven along `frames`, shape (steps, 80), or None where it has no way to be driven."""
    if isinstance(engine, Follower):
        return engine.follow(tokens, speaker, masks, frames)
    if not isinstance(engine, ReferenceEngine):
        return None
    steps = frames.shape[0]

    def feed(_: Any, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (frames[None, : arguments[0].shape[1]], *arguments[1:])

    hook = _prenet(engine).register_forward_pre_hook(feed)
    try:
        return engine.speak(tokens, speaker, masks, StepLimits(steps, min_steps=steps, threshold=NEVER))
    finally:
        hook.remove()


def _prenet(engine: ReferenceEngine) -> torch.nn.Module:
    acoustic: Any = engine.built.acoustic
    module: torch.nn.Module = acoustic.speecht5.decoder.prenet
    return module
