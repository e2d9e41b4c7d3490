"""All weights of a model end to end in one vector, its gradients in another: a step is a few dozen kernels.

The steps are those of `optimizers.acoustic_optimizer`; its rate is a tensor, so that a CUDA graph can record them.
"""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import Tensor, nn

from voice_training.optimizers import (
    ADAMW_BETAS,
    ADAMW_EPSILON,
    LIKE_ADAMW,
    MUON_MOMENTUM,
    WEIGHT_DECAY,
    kinds_of_weights,
    orthogonal,
)


class OneVector:
    """Muon for the matrices inside `model`, AdamW for everything else, both after the gradient is clipped.

    The model's weights become views of the vector, and each has a gradient from now on, which :meth:`step` sets to
    zero: what comes up in between adds up there.

    Args:
        largest_gradient: norm over all weights that a gradient is clipped to.
    """

    def __init__(self, model: nn.Module, largest_gradient: float) -> None:
        self._largest = largest_gradient
        matrices, others, vectors = kinds_of_weights(model)
        matrices.sort(key=lambda matrix: tuple(matrix.shape))
        ordered = [*others, *vectors, *matrices]
        counts = [weights.numel() for weights in ordered]
        device = ordered[0].device
        self._weights = torch.cat([weights.detach().reshape(-1) for weights in ordered])
        self._gradients = torch.zeros_like(self._weights)
        parts = zip(ordered, self._weights.split(counts), self._gradients.split(counts), strict=True)
        for weights, values, gradient in parts:
            weights.data = values.view_as(weights)
            weights.grad = gradient.view_as(weights)
        self._decayed = sum(counts[: len(others)])
        self._by_adamw = self._decayed + sum(counts[len(others) : len(others) + len(vectors)])
        self._first_moments = torch.zeros_like(self._weights)
        self._second_moments = torch.zeros(self._by_adamw, device=device)
        self._steps = torch.zeros((), device=device)
        self._stacks = _stacks(self._by_adamw, matrices)
        self.rate = torch.zeros((), device=device)

    @torch.no_grad()
    def step(self) -> dict[str, Tensor]:
        """Take one step at `rate`; the gradients are zero afterwards."""
        gradients = self._gradients
        gradients.mul_((self._largest / (gradients.norm() + 1e-6)).clamp_max(1.0))
        self._steps.add_(1)
        self._adamw(gradients[: self._by_adamw])
        self._first_moments[self._by_adamw :].lerp_(gradients[self._by_adamw :], 1 - MUON_MOMENTUM)
        self._weights[self._by_adamw :].mul_(1 - self.rate * WEIGHT_DECAY)
        for first, last, shape in self._stacks:
            ahead = gradients[first:last].lerp(self._first_moments[first:last], MUON_MOMENTUM)
            update = orthogonal(ahead.view(-1, *shape))
            scale = LIKE_ADAMW * max(shape) ** 0.5
            self._weights[first:last].view(-1, *shape).sub_(self.rate * scale * update)
        gradients.zero_()
        return {}

    def _adamw(self, gradients: Tensor) -> None:
        first, second = self._first_moments[: self._by_adamw], self._second_moments
        first.lerp_(gradients, 1 - ADAMW_BETAS[0])
        second.lerp_(gradients * gradients, 1 - ADAMW_BETAS[1])
        mean, square = (1 - torch.pow(beta, self._steps) for beta in ADAMW_BETAS)
        self._weights[: self._decayed].mul_(1 - self.rate * WEIGHT_DECAY)
        update = (first / mean) / ((second / square).sqrt() + ADAMW_EPSILON)
        self._weights[: self._by_adamw].sub_(self.rate * update)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the weights, which are the model's to save."""
        return {
            "first_moments": self._first_moments,
            "second_moments": self._second_moments,
            "steps": self._steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that :meth:`state_dict` gave."""
        for name, mine in self.state_dict().items():
            mine.copy_(state[name])


def _stacks(first: int, matrices: list[nn.Parameter]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Where the matrices of each shape begin and end, which lie end to end from `first` on."""
    stacks = []
    for shape, alike in itertools.groupby(matrices, key=lambda matrix: tuple(matrix.shape)):
        last = first + sum(matrix.numel() for matrix in alike)
        stacks.append((first, last, shape))
        first = last
    return stacks
