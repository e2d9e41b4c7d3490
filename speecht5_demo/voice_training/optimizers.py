"""How the acoustic model descends: its matrices by Muon, everything else by AdamW.

Muon (Jordan et al. 2024, as torch has it) takes steps of equal length in all directions of a matrix.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

_WEIGHT_DECAY = 0.01
_NEWTON_SCHULZ_STEPS = 4
_BY_ELEMENT = ("embed_tokens", "pe_k", "feat_out", "prob_out")
"""Tables and outputs: their rows are things of their own, not directions of one space."""


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


def acoustic_optimizer(model: nn.Module, rate: float) -> Together:
    """Muon for the matrices inside the model, AdamW for tables, outputs, convolutions and vectors.

    Both take steps of like size at the same `rate`.
    """
    matrices, others, vectors = [], [], []
    for name, weights in model.named_parameters():
        if weights.dim() < 2:
            vectors.append(weights)
        elif weights.dim() == 2 and not any(part in name for part in _BY_ELEMENT):
            matrices.append(weights)
        else:
            others.append(weights)
    groups = [
        {"params": others, "weight_decay": _WEIGHT_DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return Together(
        torch.optim.Muon(
            matrices,
            rate,
            weight_decay=_WEIGHT_DECAY,
            ns_steps=_NEWTON_SCHULZ_STEPS,
            adjust_lr_fn="match_rms_adamw",
        ),
        torch.optim.AdamW(groups, rate, betas=(0.9, 0.98), eps=1e-8, foreach=True),
    )
