"""Modules in safetensors files, and back.

A quantised Linear layer holds its weights packed for a kernel, which only pickle would store, and pickle runs what it
reads. Its integers, scale, zero point and bias are tensors like any other: packing them again gives the same layer.
Networks are made empty and take the stored tensors one by one, so an int8 variant never holds fp32 weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan
from transformers.models.speecht5.modeling_speecht5 import SpeechT5ScaledPositionalEncoding

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.checkpoints.loading import compute_positions, empty_network
from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.tensor_file import TensorFile

INTEGERS, SCALE, ZERO_POINT = ".int8", ".int8_scale", ".int8_zero_point"
"""Endings of the names under which a quantised layer `NAME` is stored, beside `NAME.bias`."""


def save_modules(modules: Modules, folder: Path) -> None:
    """Write both networks into an existing folder."""
    save_file(_tensors_of(modules.acoustic), folder / ACOUSTIC_FILE)
    save_file(_tensors_of(modules.vocoder), folder / VOCODER_FILE)


def load_modules(checkpoint: Checkpoint, folder: Path) -> Modules:
    """The networks that were saved in `folder`, of the checkpoint's sizes.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, RuntimeError, OSError: the files do not fill them.
    """
    acoustic: nn.Module = empty_network(SpeechT5ForTextToSpeech, checkpoint.acoustic_config)
    vocoder: nn.Module = empty_network(SpeechT5HifiGan, checkpoint.vocoder_config)
    _fill(acoustic, TensorFile(folder / ACOUSTIC_FILE))
    _fill(vocoder, TensorFile(folder / VOCODER_FILE))
    return Modules(acoustic.eval(), vocoder.eval())


def _tensors_of(module: nn.Module) -> dict[str, Tensor]:
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
    weight, bias = layer._weight_bias()  # each of `weight()` and `bias()` would unpack both
    stored = {
        f"{name}{INTEGERS}": weight.int_repr(),
        f"{name}{SCALE}": torch.tensor(weight.q_scale(), dtype=torch.float64),
        f"{name}{ZERO_POINT}": torch.tensor(weight.q_zero_point(), dtype=torch.int64),
    }
    return stored if bias is None else stored | {f"{name}.bias": bias.detach().contiguous()}


@torch.no_grad()
def _fill(module: nn.Module, stored: Mapping[str, Tensor]) -> None:
    """Put the stored tensors into an empty network.

    Raises:
        KeyError, ValueError: some of it would stay empty.
    """
    for name in stored:
        if name.endswith(INTEGERS):
            _set(module, name.removesuffix(INTEGERS), _packed(name.removesuffix(INTEGERS), stored))
    compute_positions(module)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if not tensor.is_meta:
            continue
        value = stored[name]
        if value.shape != tensor.shape:
            raise ValueError(f"{name} has the shape {tuple(value.shape)}, expected {tuple(tensor.shape)}")
        is_weight = isinstance(tensor, nn.Parameter)
        _set(module, name, nn.Parameter(value, requires_grad=False) if is_weight else value)


def _packed(name: str, stored: Mapping[str, Tensor]) -> nn.Module:
    integers = stored[f"{name}{INTEGERS}"]
    scale, zero_point = stored[f"{name}{SCALE}"].item(), int(stored[f"{name}{ZERO_POINT}"].item())
    weight = torch._make_per_tensor_quantized_tensor(integers, scale, zero_point)
    layer = torch.ao.nn.quantized.dynamic.Linear(integers.shape[1], integers.shape[0], dtype=torch.qint8)
    layer.set_weight_bias(weight, stored.get(f"{name}.bias"))
    return layer


def _set(module: nn.Module, name: str, value: nn.Module | Tensor) -> None:
    owner, _, leaf = name.rpartition(".")
    setattr(module.get_submodule(owner), leaf, value)
