"""The turbo step: a checkpoint's modules, whatever was done to them before, become folded weights."""

from __future__ import annotations

import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import VariantError
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.recipe import Turbo
from speecht5_demo.variants.turbo.calibration import input_ranges
from speecht5_demo.variants.turbo.fold import fold
from speecht5_demo.variants.turbo.weights import TurboWeights

_VOCODER_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.bfloat16}


def fold_modules(checkpoint: Checkpoint, modules: Modules, step: Turbo) -> TurboWeights:
    """Fold, and store each layer as the step says.

    Args:
        checkpoint: speaks a few sentences where ranges have to be measured.
        modules: of float32; what the steps before left.
        step: how to store them.

    Raises:
        VariantError: the step names a storage that does not exist or does not fit, or the modules cannot be folded.
    """
    if step.vocoder not in _VOCODER_DTYPES:
        raise VariantError(f"There is no vocoder in {step.vocoder!r}: choose {', '.join(_VOCODER_DTYPES)}.")
    integers = step.vocoder == "int8"
    ranges = input_ranges(checkpoint, modules.acoustic, modules.vocoder) if integers else None
    return fold(modules.acoustic, modules.vocoder, step.storage, _VOCODER_DTYPES[step.vocoder], ranges)
