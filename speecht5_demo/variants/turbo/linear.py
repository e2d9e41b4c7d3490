"""One linear layer as it is stored: float32, int8 per output channel, or 4 bits per group of inputs.

Symmetric quantisation throughout: a weight is `integer * scale`, so zero stays zero and pruned weights stay pruned.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from speecht5_demo.errors import VariantError

GROUP = 32
"""Inputs that share one scale at 4 bits."""
STORAGES = ("fp32", "int8", "int4")


@dataclass(frozen=True, eq=False)
class Linear:
    """Weights of `y = x @ W.T + bias`.

    Attributes:
        weight: float32 (out, in); int8 (out, in); or uint8 (out, in / 2), two 4-bit values a byte, low half first.
        bias: float32 (out,).
        scale: None; float32 (out,); or float32 (out, in / 32).
    """

    weight: Tensor
    bias: Tensor
    scale: Tensor | None = None

    @property
    def storage(self) -> str:
        """`fp32`, `int8` or `int4`."""
        return {torch.float32: "fp32", torch.int8: "int8", torch.uint8: "int4"}[self.weight.dtype]

    @property
    def inputs(self) -> int:
        """Values of one input row."""
        return self.weight.shape[1] * (2 if self.storage == "int4" else 1)

    @property
    def outputs(self) -> int:
        """Values of one output row."""
        return self.weight.shape[0]

    def dense(self) -> Tensor:
        """The weights as float32 (out, in)."""
        if self.scale is None:
            return self.weight
        if self.storage == "int8":
            return self.weight.float() * self.scale[:, None]
        groups = unpacked(self.weight).float().view(self.outputs, -1, GROUP)
        return (groups * self.scale[:, :, None]).view(self.outputs, -1)


def quantized(layer: Linear, storage: str) -> Linear:
    """The layer stored as `storage`.

    Raises:
        VariantError: the storage is unknown, or its groups do not fit the layer's width.
    """
    weight = layer.dense()
    if storage == "fp32":
        return Linear(weight.contiguous(), layer.bias)
    if storage == "int8":
        scale = (weight.abs().amax(1) / 127).clamp_min(1e-10)
        return Linear((weight / scale[:, None]).round().to(torch.int8), layer.bias, scale)
    if storage != "int4":
        raise VariantError(
            f"There is no storage {storage!r} for weights: choose one of {', '.join(STORAGES)}."
        )
    if weight.shape[1] % GROUP:
        raise VariantError(
            f"A layer of {weight.shape[1]} inputs cannot be stored in 4 bits: its width has to be a multiple of "
            f"{GROUP}. Keep it as int8."
        )
    groups = weight.view(weight.shape[0], -1, GROUP)
    scale = _best_scale(groups)
    integers = (groups / scale[:, :, None]).round().clamp(-8, 7).to(torch.int8)
    return Linear(packed(integers.view(weight.shape)), layer.bias, scale)


def _best_scale(groups: Tensor) -> Tensor:
    """The scale of least squared error for each group, among shrunken versions of its full range."""
    extreme = groups.gather(-1, groups.abs().argmax(-1, keepdim=True)).squeeze(-1)
    best = (extreme / -8).where(extreme != 0, torch.ones_like(extreme))
    full, least = best, torch.full_like(best, torch.inf)
    for share in torch.linspace(0.7, 1.05, 15).tolist():
        scale = full * share
        error = (
            (groups - (groups / scale[..., None]).round().clamp(-8, 7) * scale[..., None]).square().sum(-1)
        )
        best, least = torch.where(error < least, scale, best), torch.minimum(error, least)
    return best.contiguous()


def packed(integers: Tensor) -> Tensor:
    """int8 values -8 to 7, shape (out, in), two to a byte: uint8 (out, in / 2)."""
    shifted = (integers + 8).to(torch.uint8)
    return (shifted[:, 0::2] | (shifted[:, 1::2] << 4)).contiguous()


def unpacked(pairs: Tensor) -> Tensor:
    """The inverse of `packed`."""
    both = torch.stack([pairs & 15, pairs >> 4], dim=-1).to(torch.int8)
    return both.view(pairs.shape[0], -1) - 8
