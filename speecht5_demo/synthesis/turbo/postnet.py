"""The postnet, in windows of fixed places: a streamed part is computed exactly as it is in the whole.

Computed at another length, a convolution may round its last digit differently; the vocoder in bfloat16 makes that
audible to a comparison, though not to an ear. The windows overlap: short ones, which cost most, are only where a
listener waits for the first sound.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.variants.turbo import TurboWeights

SHORTEST, LONGEST = 8, 64
"""Frames of a window: the first are short, and each later one is as long as all before it, up to the longest."""


def window_end(frame: int) -> int:
    """Where the window that frame `frame` lies in ends, if speech goes on so far."""
    if frame >= LONGEST:
        return (frame // LONGEST + 1) * LONGEST
    return max(SHORTEST, 1 << frame.bit_length())


def windows(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each window from frame `first`, where one begins, to `last`, which cuts the last one short."""
    while first < last:
        yield first, min(window_end(first), last)
        first = window_end(first)


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
        if whole:
            return frames
        return max((end for _, end in windows(0, frames) if end + self.context <= frames), default=0)

    def needed(self, frames: int) -> int:
        """How many frames have to be known until so many can be refined for good."""
        return window_end(max(0, frames - 1)) + self.context

    def refine(self, frames: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """Refined frames `first` to `last`: float32 (frames, mel bins).

        `first` has to be the begin of a window, and `last` either that or the end of the utterance; `ready` says how
        far that is. The same windows are computed whoever asks, so parts equal the whole to the last bit.
        """
        total = frames.shape[0]
        last = total if last is None else last
        refined = [self._window(frames, begin, end) for begin, end in windows(first, last)]
        return torch.cat(refined) if refined else frames[:0]

    def _window(self, frames: Tensor, first: int, last: int) -> Tensor:
        begin, end = max(0, first - self.context), min(frames.shape[0], last + self.context)
        rows = frames[begin:end].T[None]
        for index, (weight, bias) in enumerate(self._layers):
            rows = F.conv1d(rows, weight, bias, padding=weight.shape[2] // 2)
            if index < len(self._layers) - 1:
                rows = torch.tanh(rows)
        return frames[first:last] + rows[0].T[first - begin : last - begin]
