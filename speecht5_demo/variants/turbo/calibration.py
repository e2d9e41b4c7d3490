"""What the vocoder's convolutions read while the checkpoint speaks: the ranges that 8 bits are spread over.

One range a layer, fixed when the variant is built. A range taken while speaking would differ between a part and the
whole, and a streamed chunk would no longer be the speech it is a part of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SpeakerError

SENTENCES = (
    "the birch canoe slid on the smooth planks.",
    "four hours of steady work faced us.",
    "is the sky above the harbour really so blue?",
    "these days a chicken leg is a rare dish.",
)
MOST_STEPS = 120
WIDTH = 64
"""Layers of as many inputs, or of a multiple, are stored in 8 bits: narrower ones err more than they gain."""


def input_ranges(checkpoint: Checkpoint, acoustic: Any, vocoder: Any) -> dict[str, Tensor]:
    """Lowest and highest input of the wide residual convolutions, float32 (2,), by the module's name.

    Later inputs beyond them are clipped: wider ranges were tried and cost more than clipping does.
    """
    layers = {
        name: module
        for name, module in vocoder.named_modules()
        if isinstance(module, nn.Conv1d) and name.startswith("resblocks.") and not module.in_channels % WIDTH
    }
    ranges = {name: torch.zeros(2) for name in layers}

    def watch(name: str) -> Any:
        def seen(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            low, high = ranges[name]
            ranges[name] = torch.stack([low.minimum(inputs[0].min()), high.maximum(inputs[0].max())])

        return seen

    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in layers.items()]
    try:
        with torch.inference_mode():
            for mel in _spoken(checkpoint, acoustic, SENTENCES):
                vocoder(mel)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: reach.clone() for name, reach in ranges.items()}


def _spoken(checkpoint: Checkpoint, acoustic: Any, sentences: Sequence[str]) -> list[Tensor]:
    """Mel frames of the sentences, each by another speaker where there are several."""
    vectors = _vectors(checkpoint)
    reduction = acoustic.config.reduction_factor
    mels = []
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        for index, sentence in enumerate(sentences):
            tokens = torch.tensor([checkpoint.tokenizer(sentence)["input_ids"]])
            speaker = vectors[index % len(vectors)][None]
            longest = MOST_STEPS * reduction / tokens.shape[1]
            mels.append(acoustic.generate_speech(tokens, speaker, maxlenratio=longest))
    return mels


def _vectors(checkpoint: Checkpoint) -> list[Tensor]:
    """Of the checkpoint's speakers; of nobody where there are none to be had."""
    try:
        known = [torch.from_numpy(speaker.vector.copy()) for speaker in checkpoint.speakers.values()]
    except SpeakerError:
        known = []
    return known or [torch.ones(checkpoint.vector_size)]
