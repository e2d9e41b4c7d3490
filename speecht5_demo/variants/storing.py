"""A built variant's modules as plain tensors in safetensors files.

A quantised Linear layer holds its weights packed for a kernel, which only pickle would store, and pickle runs what it
reads. Its integers, scale, zero point and bias are tensors like any other: packing them again gives the same layer.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers.models.speecht5.modeling_speecht5 import SpeechT5ScaledPositionalEncoding

from speecht5_demo.errors import VariantError
from speecht5_demo.variants.build import BuiltVariant
from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE

INTEGERS, SCALE, ZERO_POINT = ".int8", ".int8_scale", ".int8_zero_point"
"""Endings of the names under which a quantised layer `NAME` is stored, beside `NAME.bias`."""


def save_modules(built: BuiltVariant, folder: Path) -> None:
    """Write both networks into an existing folder."""
    save_file(tensors_of(built.acoustic), folder / ACOUSTIC_FILE)
    save_file(tensors_of(built.vocoder), folder / VOCODER_FILE)


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """Every tensor that is needed to make the network again; tables of positions are computed, not stored."""
    computed = {
        f"{name}.pe"
        for name, part in module.named_modules()
        if isinstance(part, SpeechT5ScaledPositionalEncoding)
    }
    stored = {
        name: tensor.detach().contiguous()
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]
        if name not in computed
    }
    for name, part in module.named_modules():
        if isinstance(part, torch.ao.nn.quantized.Linear):
            stored |= _integers(name, part)
    return stored


def _integers(name: str, layer: torch.ao.nn.quantized.Linear) -> dict[str, Tensor]:
    weight, bias = layer.weight(), layer.bias()
    if weight.qscheme() not in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        raise VariantError(
            f"{name} has a scale for each row, which this form cannot keep: quantise it by tensor."
        )
    stored = {
        f"{name}{INTEGERS}": weight.int_repr(),
        f"{name}{SCALE}": torch.tensor(weight.q_scale(), dtype=torch.float64),
        f"{name}{ZERO_POINT}": torch.tensor(weight.q_zero_point(), dtype=torch.int64),
    }
    return stored if bias is None else stored | {f"{name}.bias": bias.detach().contiguous()}
