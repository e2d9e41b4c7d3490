"""The postnet: whole, or as far as the frames made so far allow."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.variants.turbo import TurboWeights


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

    def refine(self, frames: Tensor) -> Tensor:
        """float32 (frames, mel bins) to the same shape."""
        rows = frames.T[None]
        for index, (weight, bias) in enumerate(self._layers):
            rows = F.conv1d(rows, weight, bias, padding=weight.shape[2] // 2)
            if index < len(self._layers) - 1:
                rows = torch.tanh(rows)
        return frames + rows[0].T

    def refine_between(self, frames: Tensor, first: int, last: int) -> Tensor:
        """Refined frames `first` to `last` (exclusive), computed from their surroundings only.

        They equal those of the whole where `frames` reaches `context` beyond `last`, or ends where the utterance ends.
        """
        begin, end = max(0, first - self.context), min(frames.shape[0], last + self.context)
        return self.refine(frames[begin:end])[first - begin : last - begin]
