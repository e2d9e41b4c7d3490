"""The postnet in C++, with the interface of the one in PyTorch, and without its windows.

A frame's sums are formed in one order wherever it lies, so a streamed part is the whole's to the last bit as it is.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int

import torch
from torch import Tensor

from speecht5_demo.synthesis.native.kernels import pointers
from speecht5_demo.synthesis.turbo.postnet import Postnet
from speecht5_demo.variants.turbo import TurboWeights


class NativePostnet(Postnet):
    """Refines mel frames by the library."""

    def __init__(self, native: ctypes.CDLL, weights: TurboWeights) -> None:
        super().__init__(weights)
        self._native = native
        kernels, biases = ([layer[part].contiguous() for layer in self._layers] for part in (0, 1))
        count = len(kernels)
        widths = (c_int * (count + 1))(kernels[0].shape[1], *(weight.shape[0] for weight in kernels))
        sizes = (c_int * count)(*(weight.shape[2] for weight in kernels))
        self._handle: int = native.postnet_new(count, widths, sizes, pointers(kernels), pointers(biases))
        self._layers = []

    @staticmethod
    def fits(weights: TurboWeights) -> bool:
        """Whether the library's vectors divide the widths, and every kernel has a middle."""
        layers = [weight for weight, _ in Postnet(weights)._layers]
        return bool(layers) and all(
            weight.shape[0] % 16 == 0 and weight.shape[1] % 16 == 0 and weight.shape[2] % 2
            for weight in layers
        )

    def ready(self, frames: int, whole: bool) -> int:
        """As `Postnet.ready`."""
        return frames if whole else max(0, frames - self.context)

    def needed(self, frames: int) -> int:
        """As `Postnet.needed`."""
        return frames + self.context

    def refine(self, frames: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """As `Postnet.refine`; `first` may be any frame."""
        last = frames.shape[0] if last is None else last
        if first >= last:
            return frames[:0]
        begin, end = max(0, first - self.context), min(frames.shape[0], last + self.context)
        heard = frames[begin:end].contiguous()
        made = torch.empty(last - first, frames.shape[1])
        self._native.postnet_run(
            *(self._handle, heard.data_ptr(), end - begin, first - begin, last - begin, made.data_ptr()),
            torch.get_num_threads(),
        )
        return made

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.postnet_free(self._handle)
