"""The postnet, in windows of fixed places: a streamed part is computed exactly as it is in the whole.

Computed at another length, a convolution may round its last digit differently; the vocoder in bfloat16 makes that
audible to a comparison, though not to an ear. The windows overlap, which costs a thousandth of the time of speaking.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.variants.turbo import TurboWeights

WINDOW = 8
"""Frames."""


class Postnet:
    """Refines mel frames; batch norms are folded into its convolutions."""

    def __init__(self, weights: TurboWeights) -> None:
        tensors, names = weights.tensors, (f"postnet.{index}" for index in range(len(weights.tensors)))
        self._layers = [
            (tensors[f"{name}.weight"], tensors[f"{name}.bias"])
            for name in names
            if f"{name}.weight" in tensors
        ]
        self.context = sum(weight.shape[2] // 2 for weight, _ in self._layers)
        """Frames on each side that a refined frame depends on."""

    def ready(self, frames: int, whole: bool) -> int:
        """How many frames can be refined for good once so many are known."""
        return frames if whole else max(0, frames - self.context) // WINDOW * WINDOW

    def needed(self, frames: int) -> int:
        """How many frames have to be known until so many can be refined for good."""
        return -(-frames // WINDOW) * WINDOW + self.context

    def refine(self, frames: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """Refined frames `first` to `last`: float32 (frames, mel bins).

        `first` has to be the begin of a window, and `last` either that or the end of the utterance; `ready` says how
        far that is. The same windows are computed whoever asks, so parts equal the whole to the last bit.
        """
        total = frames.shape[0]
        last = total if last is None else last
        windows = [
            self._window(frames, begin, min(begin + WINDOW, total)) for begin in range(first, last, WINDOW)
        ]
        return torch.cat(windows) if windows else frames[:0]

    def _window(self, frames: Tensor, first: int, last: int) -> Tensor:
        begin, end = max(0, first - self.context), min(frames.shape[0], last + self.context)
        rows = frames[begin:end].T[None]
        for index, (weight, bias) in enumerate(self._layers):
            rows = F.conv1d(rows, weight, bias, padding=weight.shape[2] // 2)
            if index < len(self._layers) - 1:
                rows = torch.tanh(rows)
        return frames[first:last] + rows[0].T[first - begin : last - begin]
