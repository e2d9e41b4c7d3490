"""From a checkpoint and a recipe to something that an engine can run."""

from __future__ import annotations

from typing import TypeAlias, assert_never

import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import VariantError
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.networks import import_networks
from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.quantize import quantize_dynamic
from speecht5_demo.variants.recipe import Prune, QuantizeDynamic, Turbo, Variant
from speecht5_demo.variants.turbo.step import fold_modules
from speecht5_demo.variants.turbo.weights import TurboWeights

Built: TypeAlias = Modules | TurboWeights
"""A variant after its steps: modules for transformers' own loop, or folded weights for ours."""


def build(checkpoint: Checkpoint, variant: Variant) -> Built:
    """Load fresh weights and apply the recipe's steps in order.

    Raises:
        VariantError: a step cannot be applied, or follows the one that folds.
        CheckpointError: the weights cannot be read.
    """
    import_networks()
    acoustic = checkpoint.load_acoustic().eval()
    built: Built = Modules(acoustic, checkpoint.load_vocoder().eval())
    with torch.no_grad():
        for step in variant.steps:
            if isinstance(built, TurboWeights):
                raise VariantError(
                    f"{variant.name} cannot be built: Turbo has to be the last step of its recipe."
                )
            match step:
                case Prune():
                    built = Modules(prune(built.acoustic, step), built.vocoder)
                case QuantizeDynamic():
                    built = Modules(quantize_dynamic(built.acoustic, step).eval(), built.vocoder)
                case Turbo():
                    built = fold_modules(checkpoint, built, step)
                case _:
                    assert_never(step)
    return built
