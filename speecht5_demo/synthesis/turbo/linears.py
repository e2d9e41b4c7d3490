"""Linear layers made ready for PyTorch's kernels: float32, or int8 with activations quantised on the fly.

PyTorch's int8 kernel takes one scale for all rows, so a row's result would depend on its neighbours in a batch. Here
each row of a batch gets its own scale: rows are mapped to 0..levels beforehand, and a guard row that spans exactly that
range makes the kernel's own quantisation the identity. A batch then equals its rows one by one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.variants.turbo import Linear, quantized

Ready = Callable[[Tensor], Tensor]
"""float32 (rows, in) to float32 (rows, out)."""


def ready(layer: Linear) -> Ready:
    """The layer as a function. Four-bit layers run as int8 of their dequantised weights."""
    if layer.storage == "fp32":
        weight, bias = layer.weight, layer.bias
        return lambda rows: F.linear(rows, weight, bias)
    return Int8Rows(layer if layer.storage == "int8" else quantized(layer, "int8"))


class Int8Rows:
    """An int8 layer; activations are quantised asymmetrically to 8 bits, row by row."""

    def __init__(self, layer: Linear) -> None:
        assert layer.scale is not None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*deprecated.*")
            integers = torch._make_per_channel_quantized_tensor(
                layer.weight, layer.scale.double(), torch.zeros(layer.outputs, dtype=torch.long), 0
            )
        # Without VNNI 8-bit products are summed in 16 bits, which saturate: activations then need 7 bits.
        self._reduce = not torch.cpu._is_vnni_supported()
        self._levels = 127.0 if self._reduce else 255.0
        self._packed = torch.ops.quantized.linear_prepack(integers, layer.bias)
        self._bias = layer.bias
        # What one unit of zero point adds to each output.
        self._offset = layer.weight.sum(1, dtype=torch.float32) * layer.scale

    def __call__(self, rows: Tensor) -> Tensor:
        """float32 (rows, in) to float32 (rows, out)."""
        if rows.shape[0] == 1:
            single: Tensor = torch.ops.quantized.linear_dynamic(rows, self._packed, self._reduce)
            return single
        low, high = rows.amin(1, keepdim=True).clamp_max(0.0), rows.amax(1, keepdim=True).clamp_min(0.0)
        scale = ((high - low) / self._levels).clamp_min(1e-12)
        zero = (-low / scale).round()
        guarded = rows.new_zeros(rows.shape[0] + 1, rows.shape[1])
        torch.div(rows, scale, out=guarded[:-1]).add_(zero).clamp_(0.0, self._levels)
        guarded[-1, 0] = self._levels
        summed = torch.ops.quantized.linear_dynamic(guarded, self._packed, self._reduce)[:-1]
        result: Tensor = (summed - self._bias - zero * self._offset) * scale + self._bias
        return result
