"""What both training loops share: time that survives a kill, states on disk, averaged weights, the learning
rate.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

T = TypeVar("T")
M = TypeVar("M", bound=nn.Module)


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state that is complete or absent, whatever kills the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    torch.save(dict(state), temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """The state in `path`, or None where there is none yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


class Clock:
    """Seconds spent training, over all the processes that a run took.

    Measuring and saving do not count: the budget buys gradient steps.
    """

    def __init__(self, spent: float, budget: float) -> None:
        self._spent = spent
        self._budget = budget
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """Training seconds so far."""
        return self._spent + time.monotonic() - self._since

    @property
    def fraction(self) -> float:
        """Share of the budget spent, at most 1."""
        return min(1.0, self.seconds / self._budget)

    def outside(self, work: Callable[[], T]) -> T:
        """Run `work` with the clock stopped."""
        self._spent = self.seconds
        result = work()
        self._since = time.monotonic()
        return result


def rate_factor(step: int, fraction: float, warm_up: int, constant_until: float = 0.35) -> float:
    """Warm-up, then constant, then a cosine down to 3 % at the end of the time budget."""
    falling = max(0.0, (fraction - constant_until) / (1 - constant_until))
    return min(1.0, (step + 1) / warm_up) * max(0.03, 0.5 * (1 + math.cos(math.pi * falling)))


class Average(Generic[M]):
    """An exponential average of a model's weights: smoother than any single step, so it is what speaks."""

    def __init__(self, model: M, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self.model.requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the model; early steps move faster."""
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), 1 - decay)
        for mine, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)


def mean_weights(
    first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The mean of two models' weights of the same shapes; counters are the first's."""
    return {
        name: (weights + second[name]) / 2 if weights.is_floating_point() else weights
        for name, weights in first.items()
    }


@dataclass
class Means:
    """Running means of the named losses between two reports."""

    totals: dict[str, torch.Tensor] = field(default_factory=dict)
    steps: int = 0

    def add(self, losses: Mapping[str, torch.Tensor]) -> None:
        """Count one step; nothing is moved off the device yet."""
        for name, value in losses.items():
            self.totals[name] = self.totals.get(name, torch.zeros((), device=value.device)) + value.detach()
        self.steps += 1

    def take(self) -> dict[str, float]:
        """The means since the last call."""
        means = {name: round(float(total) / max(1, self.steps), 4) for name, total in self.totals.items()}
        self.totals, self.steps = {}, 0
        return means


class Journal:
    """A run's progress, one JSON object a line in a file, and one readable line each for whoever watches."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.say = say

    def note(self, stage: str, event: str, **values: Any) -> None:
        """Record an event."""
        line = {"stage": stage, "event": event, **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.say(f"{stage}: {event} " + " ".join(f"{name}={value}" for name, value in values.items()))

    def entries(self) -> list[dict[str, Any]]:
        """Everything recorded so far; a last line torn by a kill is left out."""
        if not self._path.exists():
            return []
        entries = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return entries
