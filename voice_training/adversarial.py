"""A resumable training of a generator against judges, whatever the two look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from voice_training.loop import (
    Average,
    Clock,
    Journal,
    Means,
    load_state,
    save_state,
)

G = TypeVar("G", bound=nn.Module)

Judgement = tuple[Tensor, list[Tensor]]
"""A discriminator's map of scores (1 real, 0 made) and the features that led to it."""


class AdversarialTraining(ABC, Generic[G]):
    """The loop, the state and the average; what a step does is the subclass's.

    Args:
        generator: trained in place. average: decay of the average of its weights, which is the result.
        steps: the optimizers by the name that the state knows them by.
        state_path: where the state is kept and, where there is one already, gone on from.
    """

    def __init__(
        self,
        generator: G,
        judges: nn.Module,
        average: float,
        steps: dict[str, torch.optim.Optimizer],
        state_path: Path,
        journal: Journal,
        stage: str,
    ) -> None:
        self.generator, self.judges, self.steps_of = generator, judges, steps
        self.state_path, self.journal, self.stage = state_path, journal, stage
        self.average = Average(generator, decay=average)
        self.step = 0
        self.spent = 0.0
        state = load_state(state_path, next(generator.parameters()).device)
        if state is not None:
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
            self.step, self.spent = state["step"], state["spent"]
            journal.note(stage, "resumed", step=self.step, spent_s=round(self.spent))

    @abstractmethod
    def _learn(self, fraction: float) -> dict[str, Tensor]:
        """What one step does."""

    def advance(self, fraction: float) -> dict[str, Tensor]:
        """Take one step, at that share of the time; its losses by name."""
        report = self._learn(fraction)
        self.average.update(self.generator, self.step)
        self.step += 1
        return report

    def run(
        self,
        seconds: float,
        save_seconds: float,
        report_steps: int,
        validate: Callable[[G], dict[str, float]],
        steps: int | None = None,
    ) -> None:
        """Train until `seconds` of training are spent or so many steps done, over all resumptions."""
        clock = Clock(self.spent, seconds)
        means, saved, reported = Means(), clock.seconds, self.step
        since = clock.seconds
        while clock.seconds < seconds and (steps is None or self.step < steps):
            means.add(self.advance(clock.fraction))
            if self.step % report_steps == 0:
                rate = (clock.seconds - since) / (self.step - reported)
                self.journal.note(
                    self.stage, "losses", step=self.step, seconds_a_step=round(rate, 4), **means.take()
                )
                since, reported = clock.seconds, self.step
            if clock.seconds - saved > save_seconds:
                self._save(clock)
                saved = clock.seconds
        self._save(clock)
        self.journal.note(self.stage, "validation", step=self.step, **validate(self.average.model))

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "judges": self.judges,
            "average": self.average.model,
            **self.steps_of,
        }

    def _save(self, clock: Clock) -> None:
        self.spent = clock.seconds
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        clock.outside(lambda: save_state(self.state_path, {**parts, "step": self.step, "spent": self.spent}))


def descend(loss: Tensor, model: nn.Module, steps: torch.optim.Optimizer, largest_gradient: float) -> None:
    """One step of `model` down the loss, its gradient clipped."""
    steps.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), largest_gradient)
    steps.step()


def discriminator_loss(judgements: list[Judgement]) -> Tensor:
    """Least squares: the first half of each batch is real, the second half made."""
    losses = []
    for score, _ in judgements:
        real, made = score.float().chunk(2)
        losses.append(((1 - real) ** 2).mean() + (made**2).mean())
    return torch.stack(losses).sum()


def taken_for_real(made: list[Judgement]) -> Tensor:
    """What the generator loses by scores short of real ones: least squares."""
    return torch.stack([((1 - score.float()) ** 2).mean() for score, _ in made]).sum()
