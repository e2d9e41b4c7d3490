"""The folder of a run: whose it is, its journal, what each stage goes on from and what it ended with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from speecht5_demo.files import whole_file, write_json
from voice_training import VoiceTrainingError

Model = TypeVar("Model", bound=nn.Module)

_IDENTITY_FILE = "identity.json"

_OF_ONE_START = ("teacher", "init", "acoustic")
"""What runs have in common whose acoustic models have a mean."""


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state that is complete or absent, whatever kills the process."""
    with whole_file(path, durable=True, parents=True) as aside:
        torch.save(dict(state), aside)


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """The state in `path`, or None where there is none yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


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


@dataclass(frozen=True)
class StageFiles:
    """Where one stage keeps its state, and what its chances are drawn from.

    Attributes:
        seed: of the run; with the stage's name and the step it decides every draw.
    """

    name: str
    state: Path
    journal: Journal
    seed: int


@dataclass(frozen=True)
class StageResult:
    """What a stage ended with.

    Attributes:
        weights: of the model that it trained. steps: gradient steps. seconds: training time.
    """

    weights: Mapping[str, Tensor]
    steps: int
    seconds: float


def mean_of_runs(
    runs: Sequence[Path],
    stage: str,
    identity: Mapping[str, Any],
    device: torch.device,
    start: Mapping[str, Tensor] | None = None,
    start_share: float = 0.0,
) -> StageResult:
    """The mean of the weights that a stage of several runs ended with; steps and seconds are those of all.

    What each run learned by heart goes its own way and mostly cancels; what they learned in common stays.
    Source: model soups; Wortsman et al. 2022, arXiv 2203.05482.

    Args:
        identity: of the run that takes the mean; theirs is the same in what makes weights comparable.
        start: the weights that all of them went on from; with a share they have a part in the mean.
        start_share: that part, from 0 to less than 1; what is left is divided evenly among the runs.

    Raises:
        VoiceTrainingError: a folder holds no such run, or its stage has not ended.
    """
    results = []
    for run in runs:
        theirs = _identity(run)
        differing = [name for name in _OF_ONE_START if theirs.get(name) != identity.get(name)]
        if not theirs:
            raise VoiceTrainingError(f"{run} holds no run: give the --folder of one for --mean-of.")
        if differing:
            raise VoiceTrainingError(
                f"The run in {run} did not start as this one does (its {', '.join(differing)} differ): their "
                "weights have no mean. Give runs of the same teacher and the same --init."
            )
        result = _ended_with(run, stage, device)
        if result is None:
            raise VoiceTrainingError(
                f"The stage {stage} of the run in {run} has not ended: go on with that run first."
            )
        results.append(result)
    parts = [result.weights for result in results]
    shares = [(1.0 - start_share) / len(results)] * len(results)
    if start is not None and start_share > 0:
        parts, shares = [*parts, start], [*shares, start_share]
    return StageResult(
        {name: _mean([part[name] for part in parts], shares) for name in parts[0]},
        sum(result.steps for result in results),
        sum(result.seconds for result in results),
    )


def _mean(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Of the numbers, by their shares; of counts the first."""
    first = tensors[0]
    if not first.is_floating_point():
        return first
    weighted = [share * tensor.cpu().double() for share, tensor in zip(shares, tensors, strict=True)]
    return torch.stack(weighted).sum(0).to(first.dtype)


class RunFolder:
    """States, results and journal of one run.

    Args:
        identity: what makes a run another one. A folder that belongs to another run is refused.

    Raises:
        VoiceTrainingError: the folder's states belong to something else.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        seed: int,
        device: torch.device,
        say: Callable[[str], None],
    ) -> None:
        self.path, self.seed, self.device = path, seed, device
        self._claim(identity)
        self.journal = Journal(path / "journal.jsonl", say)

    def _claim(self, identity: Mapping[str, Any]) -> None:
        found = _identity(self.path)
        if found:
            differing = [name for name in {**found, **identity} if found.get(name) != identity.get(name)]
            if differing:
                raise VoiceTrainingError(
                    f"{self.path} holds another run (its {', '.join(differing)} differ): "
                    "repeat that run's command, or name a new folder with --folder."
                )
        else:
            write_json(self.path / _IDENTITY_FILE, dict(identity), parents=True)

    def stage(self, name: str) -> StageFiles:
        """Where the stage of that name keeps what it goes on from."""
        return StageFiles(name, self.path / f"{name}-state.pt", self.journal, self.seed)

    def has_ended(self, stage: str) -> bool:
        """Whether the stage has left its result."""
        return result_file(self.path, stage).exists()

    def finish(self, stage: str, weights: Mapping[str, Tensor], steps: int, seconds: float) -> None:
        """Keep what a stage ended with."""
        path = result_file(self.path, stage)
        save_state(path, {"model": weights, "steps": steps, "seconds": seconds})

    def result(self, stage: str) -> StageResult:
        """What the stage ended with.

        Raises:
            VoiceTrainingError: its file is gone.
        """
        result = _ended_with(self.path, stage, self.device)
        if result is None:
            path = result_file(self.path, stage)
            raise VoiceTrainingError(f"{path} is gone: start the run in a new folder.")
        return result

    def loaded(self, stage: str, model: Model) -> Model:
        """`model` with the weights that the stage ended with, on the device, in evaluation mode."""
        model.load_state_dict(self.result(stage).weights)
        nn.Module.to(model.eval(), self.device)
        return model


def _identity(folder: Path) -> dict[str, Any]:
    """What makes the run in a folder another one; empty where there is none."""
    path = folder / _IDENTITY_FILE
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def result_file(folder: Path, stage: str) -> Path:
    """The file in a run's folder that a stage leaves when it has ended."""
    return folder / f"{stage}-result.pt"


def _ended_with(folder: Path, stage: str, device: torch.device) -> StageResult | None:
    state = load_state(result_file(folder, stage), device)
    return (
        None if state is None else StageResult(state["model"], int(state["steps"]), float(state["seconds"]))
    )
