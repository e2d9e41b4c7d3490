"""Judges of mel frames: do these look like speech, or like a mean of speech?

Each sees the frames beside those that the decoder gave before the postnet, so that sharp frames of other words do not
pass. One looks at all bins, one at the lower half without loss of detail, where the harmonics lie.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voice_training.adversarial import Judgement, taken_for_real

_LOWER_BINS = 40
_INAUDIBLE = -4.5
_MIDDLE = -2.0
_MATCHING_WEIGHT = 2.0
_KERNELS = ((3, 5), (5, 5), (5, 3), (3, 3))
_STRIDES = ((1, 2), (2, 2), (2, 2), (1, 1))
_FINE_STRIDES = ((1, 1), (2, 2), (2, 2), (1, 2))


class MelDiscriminator(nn.Module):
    """A score for every patch of a picture of mel frames."""

    def __init__(self, width: int, bins: int, strides: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.bins = bins
        channels = [2, width, 2 * width, 3 * width, 3 * width]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, kernel, stride, (kernel[0] // 2, kernel[1] // 2))
            for (a, b), kernel, stride in zip(itertools.pairwise(channels), _KERNELS, strides, strict=True)
        )
        self.score = nn.Conv2d(channels[-1], 1, 3, 1, 1)

    def forward(self, frames: Tensor, before: Tensor) -> Judgement:
        both = torch.stack([frames, before], 1)[..., : self.bins].clamp_min(_INAUDIBLE) - _MIDDLE
        x = both.contiguous(memory_format=torch.channels_last)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.score(x), features


class MelDiscriminators(nn.Module):
    """The two judges; `bins` is how many a frame has."""

    def __init__(self, width: int, bins: int) -> None:
        super().__init__()
        self.judges = nn.ModuleList(
            [
                MelDiscriminator(width, bins, _STRIDES),
                MelDiscriminator(width, min(bins, _LOWER_BINS), _FINE_STRIDES),
            ]
        )

    def forward(self, frames: Tensor, before: Tensor) -> list[Judgement]:
        """Judge `frames`, made from `before`; both of shape (B, T, bins)."""
        return [judge(frames, before) for judge in self.judges]


def sharpness_loss(made: list[Judgement], real: list[Judgement]) -> Tensor:
    """To be taken for real, with features like those of real frames, each layer counted by its own size."""
    matching = torch.stack(
        [
            (mine - theirs).abs().mean(dtype=torch.float32)
            / theirs.abs().mean(dtype=torch.float32)
            / len(targets)
            for (_, features), (_, targets) in zip(made, real, strict=True)
            for mine, theirs in zip(features, targets, strict=True)
        ]
    ).sum()
    return taken_for_real(made) + _MATCHING_WEIGHT * matching
