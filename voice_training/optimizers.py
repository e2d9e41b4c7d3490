"""How a step is taken: matrices by Muon and everything else by AdamW; on a GPU as a recorded CUDA graph.

`acoustic_optimizer` is for processors. `FlatOptimizer` takes the same steps on a GPU, in a few dozen kernels.

A CUDA graph starts once what would be one start a kernel. It always reads and writes the same memory, so a step's
inputs are copied into fixed tensors, and everything that changes between steps (the learning rate, too) is a tensor.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from voice_training.devices import ALONE, ProcessGroup, bf16_is_faster

_ADAMW_BETAS = (0.9, 0.98)
_ADAMW_EPSILON = 1e-8
_WEIGHT_DECAY = 0.01
_MUON_MOMENTUM = 0.95
_NEWTON_SCHULZ_STEPS = 4
_NEWTON_SCHULZ = (3.4445, -4.775, 2.0315)
_LIKE_ADAMW = 0.2
"""Root of the mean square of an AdamW step, for each 1 of its rate."""
_BY_ELEMENT = ("embed_tokens", "pe_k", "feat_out", "prob_out")
"""Tables and outputs: their rows are things of their own, not directions of one space."""

_WARM_UP = 5


class Muon(torch.optim.Optimizer):
    """Steps of equal length in all directions of a matrix: its momentum made orthogonal by Newton-Schulz iterations.

    torch's own takes bfloat16 on every processor, and the whole work in every process; here a process group shares the
    matrices out, and a processor that is faster in float32 computes in that.
    Source: Jordan et al. 2024, with the rate matched to AdamW's (Liu et al. 2025, arXiv 2502.16982).
    """

    def __init__(self, matrices: Iterable[nn.Parameter], rate: float, group: ProcessGroup) -> None:
        super().__init__(matrices, {"lr": rate})
        self._group = group

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step; in a group, every process has to."""
        for settings in self.param_groups:
            matrices = [matrix for matrix in settings["params"] if matrix.grad is not None]
            updates = [torch.zeros_like(matrix) for matrix in matrices]
            for index, (matrix, update) in enumerate(zip(matrices, updates, strict=True)):
                gradient: Any = matrix.grad
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(gradient, 1 - _MUON_MOMENTUM)
                if index % self._group.size == self._group.rank:
                    update.copy_(orthogonal(gradient.lerp(momentum, _MUON_MOMENTUM)))
            self._group.add(updates)
            rate = settings["lr"]
            for matrix, update in zip(matrices, updates, strict=True):
                matrix.mul_(1 - rate * _WEIGHT_DECAY)
                matrix.add_(update, alpha=-rate * _LIKE_ADAMW * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix, or each of a stack, with its singular values brought near 1: 0.7 to 1.2 where they were not tiny."""
    wide = matrix if matrix.shape[-2] <= matrix.shape[-1] else matrix.mT
    made: Tensor = wide.to(torch.bfloat16 if bf16_is_faster(matrix.device) else torch.float32)
    made = made / made.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-7)
    a, b, c = _NEWTON_SCHULZ
    for _ in range(_NEWTON_SCHULZ_STEPS):
        gram = made @ made.mT
        made = a * made + (b * gram + c * gram @ gram) @ made
    return (made if matrix.shape[-2] <= matrix.shape[-1] else made.mT).to(matrix.dtype)


class Combined:
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


def _kinds_of_weights(
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


def acoustic_optimizer(model: nn.Module, rate: float, group: ProcessGroup = ALONE) -> Combined:
    """Muon for the matrices inside the model, AdamW for tables, outputs, convolutions and vectors.

    Both take steps of like size at the same `rate`.
    """
    matrices, others, vectors = _kinds_of_weights(model)
    groups = [
        {"params": others, "weight_decay": _WEIGHT_DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return Combined(
        Muon(matrices, rate, group),
        torch.optim.AdamW(groups, rate, betas=_ADAMW_BETAS, eps=_ADAMW_EPSILON, foreach=True),
    )


class FlatOptimizer:
    """The same steps with all weights end to end in one vector and all gradients in another, after clipping.

    Its rate is a tensor, so that a CUDA graph can record a step. The model's weights become views of the vector, and
    each has a gradient from now on, which :meth:`step` sets to zero: what comes up in between adds up there.

    Args:
        largest_gradient: norm over all weights that a gradient is clipped to.
    """

    def __init__(self, model: nn.Module, largest_gradient: float) -> None:
        self._largest = largest_gradient
        matrices, others, vectors = _kinds_of_weights(model)
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
        self._first_moments[self._by_adamw :].lerp_(gradients[self._by_adamw :], 1 - _MUON_MOMENTUM)
        self._weights[self._by_adamw :].mul_(1 - self.rate * _WEIGHT_DECAY)
        for first, last, shape in self._stacks:
            ahead = gradients[first:last].lerp(self._first_moments[first:last], _MUON_MOMENTUM)
            update = orthogonal(ahead.view(-1, *shape))
            scale = _LIKE_ADAMW * max(shape) ** 0.5
            self._weights[first:last].view(-1, *shape).sub_(self.rate * scale * update)
        gradients.zero_()
        return {}

    def _adamw(self, gradients: Tensor) -> None:
        first, second = self._first_moments[: self._by_adamw], self._second_moments
        first.lerp_(gradients, 1 - _ADAMW_BETAS[0])
        second.lerp_(gradients * gradients, 1 - _ADAMW_BETAS[1])
        mean, square = (1 - torch.pow(beta, self._steps) for beta in _ADAMW_BETAS)
        self._weights[: self._decayed].mul_(1 - self.rate * _WEIGHT_DECAY)
        update = (first / mean) / ((second / square).sqrt() + _ADAMW_EPSILON)
        self._weights[: self._by_adamw].sub_(self.rate * update)

    def state_dict(self) -> dict[str, Tensor]:
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


Step = Callable[..., dict[str, Tensor]]
"""One training step, or a part of one, on tensors; its report by name."""


class GraphedStep:
    """`step` as a graph, for inputs that all have the shapes of the first ones.

    The first calls run it as it is: libraries choose their kernels and the optimizers make their states then.

    Args:
        memory: a pool that several graphs may share, as `torch.cuda.graph_pool_handle` gives it, where none runs while
            another does and each report is read before the next one runs; None: a pool of its own.
    """

    def __init__(self, step: Step, memory: Any = None) -> None:
        self._step, self._memory = step, memory
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: tuple[Tensor, ...] = ()
        self._report: dict[str, Tensor] = {}

    def __call__(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Run the step; its report is overwritten by the next call."""
        self._calls += 1
        if self._calls <= _WARM_UP:
            return self._plain(inputs)
        graph = self._graph or self._recorded(inputs)
        for mine, theirs in zip(self._inputs, inputs, strict=True):
            mine.copy_(theirs)
        graph.replay()
        return self._report

    def _plain(self, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """A step on a stream of its own, as recording demands of what comes before it."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            report = self._step(*inputs)
        torch.cuda.current_stream().wait_stream(side)
        return report

    def _recorded(self, inputs: tuple[Tensor, ...]) -> torch.cuda.CUDAGraph:
        """Record one step; nothing runs yet."""
        self._inputs = tuple(tensor.clone() for tensor in inputs)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=self._memory):
            self._report = self._step(*self._inputs)
        return self._graph
