"""From a checkpoint and a recipe to modules that can speak."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import VariantError
from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.quantize import quantize_dynamic
from speecht5_demo.variants.recipe import Prune, QuantizeDynamic, Variant


@dataclass(frozen=True)
class BuiltVariant:
    """A variant's modules, ready for an engine.

    Attributes:
        variant: the recipe.
        acoustic: text and speaker to mel; a `SpeechT5ForTextToSpeech`, its Linear layers possibly replaced.
        vocoder: mel to samples; a `SpeechT5HifiGan`.
    """

    variant: Variant
    acoustic: nn.Module
    vocoder: nn.Module


def build(checkpoint: Checkpoint, variant: Variant) -> BuiltVariant:
    """Load fresh weights and apply the recipe's steps in order.

    Raises:
        VariantError: a step cannot be applied.
        CheckpointError: the weights cannot be read.
    """
    if variant.turbo is not None:
        raise VariantError(
            f"{variant.name} runs folded weights, not transformers' modules: build it with `build_turbo`."
        )
    acoustic: nn.Module = checkpoint.load_acoustic()
    vocoder = checkpoint.load_vocoder()
    with torch.no_grad():
        for step in variant.steps:
            match step:
                case Prune():
                    acoustic = prune(acoustic, step)
                case QuantizeDynamic():
                    acoustic = quantize_dynamic(acoustic, step)
    return BuiltVariant(variant, acoustic.eval(), vocoder.eval())
