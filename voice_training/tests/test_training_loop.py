"""The one loop: budgets, states that survive a kill, the weights that are kept."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from voice_training import training_loop
from voice_training.run_folder import StageFiles
from voice_training.tests.journals import entries
from voice_training.training_loop import Average, Budget, Clock, Training, rate_factor

Files = Callable[..., StageFiles]


class Counting(Training[nn.Linear]):
    """Each step adds 1 to the only weight."""

    def __init__(self, files: StageFiles, decay: float = 0.0) -> None:
        model = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(model.weight)
        super().__init__(model, decay, {}, files)

    def _learn(self, fraction: float) -> dict[str, Tensor]:
        with torch.no_grad():
            self.model.weight.add_(1.0)
        return {"loss": torch.tensor(float(self.step))}


def budget(steps: int, **changes: float) -> Budget:
    return replace(Budget(seconds=1e9, save_seconds=1e9, report_steps=2, steps=steps), **changes)


def test_it_takes_as_many_steps_as_there_may_be_and_reports_their_losses(files: Files) -> None:
    training = Counting(files())
    training.run(budget(5), lambda model, step: {"at": step})
    assert training.step == 5
    noted = entries(training.files.state.parent)
    assert [entry["loss"] for entry in noted if entry["event"] == "losses"] == [0.5, 2.5]
    assert [entry["at"] for entry in noted if entry["event"] == "validation"] == [5]


def test_no_seconds_left_means_no_further_step(files: Files) -> None:
    training = Counting(files())
    training.run(budget(5, seconds=0.0), lambda model, step: {})
    assert training.step == 0


def test_it_goes_on_from_its_state(files: Files) -> None:
    first = Counting(files())
    first.run(budget(3), lambda model, step: {"score": 1.0})
    second = Counting(files())
    assert (second.step, second.model.weight.item(), second.best_score) == (3, 3.0, 1.0)
    assert second.spent == first.spent
    assert entries(second.files.state.parent)[-1]["event"] == "resumed"
    second.run(budget(4), lambda model, step: {})
    assert Counting(files()).model.weight.item() == 4.0


def test_the_weights_of_the_least_score_are_the_result(files: Files) -> None:
    training = Counting(files())
    for steps, score in ((1, 0.5), (2, 0.2), (3, 0.4)):
        training.run(budget(steps), lambda model, step, score=score: {"score": score})
    assert training.result()["weight"].item() == pytest.approx(2.0, abs=0.2)


def test_without_scores_the_average_is_the_result(files: Files) -> None:
    training = Counting(files(), decay=0.5)
    training.run(budget(3), lambda model, step: {})
    assert torch.equal(training.result()["weight"], training.average.model.weight)
    assert 0 < training.result()["weight"].item() < 3


def test_a_step_draws_the_same_whenever_it_is_taken(files: Files) -> None:
    first, again = Counting(files()), Counting(files())
    draws = [first.random().random()]
    first.advance(0.0)
    draws.append(first.random().random())
    again.advance(0.0)
    assert again.random().random() == draws[1] != draws[0]
    assert Counting(files(seed=2)).random().random() != draws[0]


def test_what_is_done_outside_costs_no_training_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(training_loop, "time", SimpleNamespace(monotonic=lambda: now[0]))
    clock = Clock(spent=1.0, budget=4.0)
    now[0] += 1.0
    clock.outside(lambda: now.__setitem__(0, 400.0))
    assert (clock.seconds, clock.fraction) == (2.0, 0.5)
    now[0] += 1.0
    assert (clock.seconds, clock.fraction) == (3.0, 0.75)


def test_the_rate_rises_stays_and_falls() -> None:
    assert rate_factor(0, 0.0, 10) == pytest.approx(0.1)
    assert rate_factor(50, 0.2, 10) == 1.0
    assert rate_factor(50, 0.7, 10) < 1.0
    assert rate_factor(50, 1.0, 10) == pytest.approx(0.03)


def test_an_average_follows_fast_at_first() -> None:
    model = nn.Linear(1, 1)
    average = Average(model, 0.999)
    with torch.no_grad():
        model.weight.add_(1.0)
    average.update(model, 0)
    assert (average.model.weight - model.weight).abs().item() < 0.2
