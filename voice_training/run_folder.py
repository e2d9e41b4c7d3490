"""The folder of a run: whose it is, its journal, what each stage goes on from and what it ended with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from speecht5_demo.files import whole_file, write_json
from voice_training import VoiceTrainingError

Model = TypeVar("Model", bound=nn.Module)


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
        path = self.path / "identity.json"
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            differing = [name for name, value in identity.items() if found.get(name) != value]
            if differing:
                raise VoiceTrainingError(
                    f"{self.path} holds another run (its {', '.join(differing)} differ): "
                    "repeat that run's command, or name a new folder with --folder."
                )
        else:
            write_json(path, dict(identity), parents=True)

    def stage(self, name: str) -> StageFiles:
        """Where the stage of that name keeps what it goes on from."""
        return StageFiles(name, self.path / f"{name}-state.pt", self.journal, self.seed)

    def has_ended(self, stage: str) -> bool:
        """Whether the stage has left its result."""
        return self._result(stage).exists()

    def finish(self, stage: str, weights: Mapping[str, Tensor], steps: int, seconds: float) -> None:
        """Keep what a stage ended with."""
        save_state(self._result(stage), {"model": weights, "steps": steps, "seconds": seconds})

    def result(self, stage: str) -> StageResult:
        """What the stage ended with.

        Raises:
            VoiceTrainingError: its file is gone.
        """
        state = load_state(self._result(stage), self.device)
        if state is None:
            raise VoiceTrainingError(f"{self._result(stage)} is gone: start the run in a new folder.")
        return StageResult(state["model"], int(state["steps"]), float(state["seconds"]))

    def loaded(self, stage: str, model: Model) -> Model:
        """`model` with the weights that the stage ended with, on the device, in evaluation mode."""
        model.load_state_dict(self.result(stage).weights)
        nn.Module.to(model.eval(), self.device)
        return model

    def _result(self, stage: str) -> Path:
        return self.path / f"{stage}-result.pt"
