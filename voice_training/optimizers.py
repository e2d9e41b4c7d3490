"""How the acoustic model descends: its matrices by Muon, everything else by AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from voice_training.crew import ALONE, Crew
from voice_training.mixed_precision import half_pays

ADAMW_BETAS = (0.9, 0.98)
ADAMW_EPSILON = 1e-8
WEIGHT_DECAY = 0.01
MUON_MOMENTUM = 0.95
_NEWTON_SCHULZ_STEPS = 4
_NEWTON_SCHULZ = (3.4445, -4.775, 2.0315)
LIKE_ADAMW = 0.2
"""Root of the mean square of an AdamW step, for each 1 of its rate."""
_BY_ELEMENT = ("embed_tokens", "pe_k", "feat_out", "prob_out")
"""Tables and outputs: their rows are things of their own, not directions of one space."""


class Muon(torch.optim.Optimizer):
    """Steps of equal length in all directions of a matrix: its momentum made orthogonal by Newton-Schulz iterations.

    torch's own takes bfloat16 on every processor, and the whole work in every process; here a crew shares the matrices
    out, and a processor that is faster in float32 computes in that.
    Source: Jordan et al. 2024, with the rate matched to AdamW's (Liu et al. 2025, arXiv 2502.16982).
    """

    def __init__(self, matrices: Iterable[nn.Parameter], rate: float, crew: Crew) -> None:
        super().__init__(matrices, {"lr": rate})
        self._crew = crew

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step; in a crew, every process has to."""
        for group in self.param_groups:
            matrices = [matrix for matrix in group["params"] if matrix.grad is not None]
            updates = [torch.zeros_like(matrix) for matrix in matrices]
            for index, (matrix, update) in enumerate(zip(matrices, updates, strict=True)):
                gradient: Any = matrix.grad
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(gradient, 1 - MUON_MOMENTUM)
                if index % self._crew.size == self._crew.rank:
                    update.copy_(orthogonal(gradient.lerp(momentum, MUON_MOMENTUM)))
            self._crew.add(updates)
            rate = group["lr"]
            for matrix, update in zip(matrices, updates, strict=True):
                matrix.mul_(1 - rate * WEIGHT_DECAY)
                matrix.add_(update, alpha=-rate * LIKE_ADAMW * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix, or each of a stack, with all its singular values brought near 1: between about 0.7 and 1.2 where they
    were not tiny.
    """
    wide = matrix if matrix.shape[-2] <= matrix.shape[-1] else matrix.mT
    made: Tensor = wide.to(torch.bfloat16 if half_pays(matrix.device) else torch.float32)
    made = made / made.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-7)
    a, b, c = _NEWTON_SCHULZ
    for _ in range(_NEWTON_SCHULZ_STEPS):
        gram = made @ made.mT
        made = a * made + (b * gram + c * gram @ gram) @ made
    return (made if matrix.shape[-2] <= matrix.shape[-1] else made.mT).to(matrix.dtype)


class Together:
    """Several optimizers as one."""

    def __init__(self, *optimizers: torch.optim.Optimizer) -> None:
        self._optimizers = optimizers

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all; their rates can be set."""
        return [group for optimizer in self._optimizers for group in optimizer.param_groups]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Take one step each."""
        for optimizer in self._optimizers:
            optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """The states of all, in order."""
        return {str(index): optimizer.state_dict() for index, optimizer in enumerate(self._optimizers)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that :meth:`state_dict` gave."""
        for index, optimizer in enumerate(self._optimizers):
            optimizer.load_state_dict(state[str(index)])


def kinds_of_weights(
    model: nn.Module,
) -> tuple[list[nn.Parameter], list[nn.Parameter], list[nn.Parameter]]:
    """Matrices inside the model, whose steps are Muon's; tables, outputs and convolutions; vectors."""
    matrices, others, vectors = [], [], []
    for name, weights in model.named_parameters():
        if weights.dim() < 2:
            vectors.append(weights)
        elif weights.dim() == 2 and not any(part in name for part in _BY_ELEMENT):
            matrices.append(weights)
        else:
            others.append(weights)
    return matrices, others, vectors


def acoustic_optimizer(model: nn.Module, rate: float, crew: Crew = ALONE) -> Together:
    """Muon for the matrices inside the model, AdamW for tables, outputs, convolutions and vectors.

    Both take steps of like size at the same `rate`.
    """
    matrices, others, vectors = kinds_of_weights(model)
    groups = [
        {"params": others, "weight_decay": WEIGHT_DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return Together(
        Muon(matrices, rate, crew),
        torch.optim.AdamW(groups, rate, betas=ADAMW_BETAS, eps=ADAMW_EPSILON, foreach=True),
    )
