"""The one training loop: time that survives a kill, saved states, averaged weights, validation, the learning rate."""

from __future__ import annotations

import copy
import math
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from voice_training.devices import ALONE, ProcessGroup
from voice_training.run_folder import StageFiles, load_state, save_state

T = TypeVar("T")
M = TypeVar("M", bound=nn.Module)

_CONSTANT_UNTIL = 0.35
"""Share of the time from which on the learning rate falls."""

_OVER = 2.0
"""What the first process of a group says in place of a share of the time when there is no further step."""


@dataclass(frozen=True)
class Budget:
    """When a training ends, and what it does on the way.

    Attributes:
        seconds: of training, over all resumptions. steps: the most there may be; None: no limit.
        save_seconds: training time between two resumable states. report_steps: between two lines about the losses.
        validation_seconds: training time between two validations; one at the end in any case.
    """

    seconds: float
    save_seconds: float
    report_steps: int
    validation_seconds: float = math.inf
    steps: int | None = None


class Clock:
    """Seconds spent training, over all the processes that a run took.

    Validating and saving do not count: the budget buys gradient steps.
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


def rate_factor(step: int, fraction: float, warmup_steps: int) -> float:
    """Warm-up, then constant, then a cosine down to 3 % at the end of the time budget."""
    falling = max(0.0, (fraction - _CONSTANT_UNTIL) / (1 - _CONSTANT_UNTIL))
    return min(1.0, (step + 1) / warmup_steps) * max(0.03, 0.5 * (1 + math.cos(math.pi * falling)))


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


@dataclass
class Means:
    """Running means of the named losses between two reports."""

    totals: dict[str, Tensor] = field(default_factory=dict)
    steps: int = 0

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Count one step; nothing is moved off the device yet."""
        for name, value in losses.items():
            self.totals[name] = self.totals.get(name, torch.zeros((), device=value.device)) + value.detach()
        self.steps += 1

    def take(self) -> dict[str, float]:
        """The means since the last call."""
        means = {name: round(float(total) / max(1, self.steps), 4) for name, total in self.totals.items()}
        self.totals, self.steps = {}, 0
        return means


class Training(ABC, Generic[M]):
    """One resumable training of `model`, in place; what a step does is the subclass's.

    Args:
        decay: of the average of the weights. parts: what else the state holds, by name: optimizers, discriminators.
        group: the processes that train the model together.
    """

    def __init__(
        self, model: M, decay: float, parts: Mapping[str, Any], files: StageFiles, group: ProcessGroup = ALONE
    ) -> None:
        self.model, self.files, self.group = model, files, group
        self.device = next(model.parameters()).device
        self.average = Average(model, decay)
        self.step = 0
        self.spent = 0.0
        self.best_score = math.inf
        self._parts = {"model": model, "average": self.average.model, **parts}
        self._resume()
        group.wait()

    def _resume(self) -> None:
        state = load_state(self.files.state, self.device)
        if state is None:
            return
        for name in self._parts.keys() & state.keys():
            self._parts[name].load_state_dict(state[name])
        self.step, self.spent, self.best_score = state["step"], state["spent"], state["best_score"]
        # Another kind of device has other optimizers: its runs go on from the weights alone.
        momentum = "kept" if self._parts.keys() <= state.keys() else "from zero"
        if self.group.rank == 0:
            self._note("resumed", spent_s=round(self.spent), momentum=momentum)

    @abstractmethod
    def _learn(self, fraction: float) -> dict[str, Tensor]:
        """What one step does, at that share of the time; its losses by name."""

    def advance(self, fraction: float) -> dict[str, Tensor]:
        """Take one step; its losses by name."""
        report = self._learn(fraction)
        self.average.update(self.model, self.step)
        self.step += 1
        return report

    def random(self) -> random.Random:
        """What a step draws from: the same whenever this step is taken."""
        return random.Random(f"{self.files.seed} {self.files.name} {self.step}")

    def run(self, budget: Budget, validate: Callable[[M, int], dict[str, float]]) -> None:
        """Train until the budget is spent.

        In a group this is the first process's part, which keeps the time, validates and saves; the others
        :meth:`follow`.

        Args:
            validate: figures of the averaged model at a step. Where there is a `score`, the least one is kept.
        """
        clock = Clock(self.spent, budget.seconds)
        means = Means()
        saved = since = clock.seconds
        reported = self.step
        validated = clock.seconds // budget.validation_seconds
        while clock.seconds < budget.seconds and (budget.steps is None or self.step < budget.steps):
            means.add(self.advance(self.group.agreed(clock.fraction)))
            if self.step % budget.report_steps == 0:
                pace = (clock.seconds - since) / (self.step - reported)
                self._note("losses", seconds_a_step=round(pace, 4), **means.take())
                since, reported = clock.seconds, self.step
            if clock.seconds // budget.validation_seconds > validated:
                validated = clock.seconds // budget.validation_seconds
                clock.outside(lambda: self._validate(validate))
            if clock.seconds - saved > budget.save_seconds:
                saved = clock.seconds
                self._save(clock)
        self.group.agreed(_OVER)
        clock.outside(lambda: self._validate(validate))
        self._save(clock)

    def follow(self) -> None:
        """Take every step that the first process of the group takes."""
        while (fraction := self.group.agreed(0.0)) != _OVER:
            self.advance(fraction)

    def result(self) -> Mapping[str, Tensor]:
        """The weights that count: those of the best score, or the average where nothing is scored."""
        best = load_state(self._best_path, self.device)
        weights: Mapping[str, Tensor] = self.average.model.state_dict() if best is None else best["model"]
        return weights

    @property
    def _best_path(self) -> Path:
        return self.files.state.with_name(f"{self.files.name}-best.pt")

    def _validate(self, validate: Callable[[M, int], dict[str, float]]) -> None:
        values = validate(self.average.model, self.step)
        self._note("validation", **values)
        if "score" in values and values["score"] <= self.best_score:
            self.best_score = values["score"]
            save_state(
                self._best_path, {"model": self.average.model.state_dict(), "step": self.step, **values}
            )

    def _save(self, clock: Clock) -> None:
        self.spent = clock.seconds
        state = {name: part.state_dict() for name, part in self._parts.items()}
        state |= {"step": self.step, "spent": self.spent, "best_score": self.best_score}
        clock.outside(lambda: save_state(self.files.state, state))

    def _note(self, event: str, **values: Any) -> None:
        self.files.journal.note(self.files.name, event, step=self.step, **values)
