"""Dynamic int8 quantisation, as the source report did it.

`torch.ao.quantization.quantize_dynamic` is deprecated in favour of torchao, whose eager CPU kernels are slower here.
The call lives in this one function, so that a successor replaces it in one place.
"""

from __future__ import annotations

import warnings

import torch
from torch import nn

from speecht5_demo.variants.layers import selected_linears
from speecht5_demo.variants.recipe import QuantizeDynamic


def quantize_dynamic(model: nn.Module, step: QuantizeDynamic) -> nn.Module:
    """Return a copy of the model whose selected Linear layers hold int8 weights.

    The source model is left as it was. Convolutions are never touched by dynamic quantisation.

    Raises:
        VariantError: a pattern matches no Linear layer.
    """
    names = {name for name, _ in selected_linears(model, step.include, step.exclude)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*deprecated.*")
        quantized: nn.Module = torch.ao.quantization.quantize_dynamic(model, names, dtype=torch.qint8)
    return quantized
