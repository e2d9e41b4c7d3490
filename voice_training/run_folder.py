"""The folder of a run: whose it is, and what each stage ended with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from voice_training.errors import VoiceTrainingError
from voice_training.loop import Journal, load_state, save_state
from voice_training.order import Order
from voice_training.settings import TrainingSettings

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class Result:
    """What a stage ended with.

    Attributes:
        weights: of the model that it trained. steps: gradient steps. spent: training time in seconds.
    """

    weights: dict[str, Any]
    steps: int
    spent: float


class RunFolder:
    """States, results and journal of one run; a folder that belongs to another run is refused.

    Raises:
        VoiceTrainingError: the folder's states belong to something else.
    """

    def __init__(self, order: Order, settings: TrainingSettings, say: Callable[[str], None]) -> None:
        self.path, self.device = order.folder, order.device
        self._claim(order, settings)
        self.journal = Journal(order.folder / "journal.jsonl", say)

    def _claim(self, order: Order, settings: TrainingSettings) -> None:
        acoustic, init, init_vocoder = settings.acoustic, order.init, order.vocoder_from
        kept = " (kept)" if order.keep_vocoder else ""
        identity = {
            "seed": settings.seed,
            "init": None if init is None else f"{init.resolve()}{' (kept)' if order.keep_acoustic else ''}",
            "init_vocoder": None if init_vocoder is None else f"{init_vocoder.resolve()}{kept}",
            "acoustic": [
                acoustic.hidden,
                acoustic.encoder_layers,
                acoustic.decoder_layers,
                acoustic.heads,
                acoustic.postnet_units,
                acoustic.reduction,
            ],
            "twins": order.twins,
            "vocoder": [settings.vocoder.channels, settings.vocoder.discriminator_width],
        }
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
            self.path.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(identity) + "\n", encoding="utf-8")

    def state(self, stage: str) -> Path:
        """Where a stage keeps what it goes on from."""
        return self.path / f"{stage}-state.pt"

    def has_ended(self, stage: str) -> bool:
        """Whether the stage has left its result."""
        return self._result(stage).exists()

    def finish(self, stage: str, weights: dict[str, Any], steps: int, spent: float) -> None:
        """Keep what a stage ended with."""
        save_state(self._result(stage), {"model": weights, "steps": steps, "spent": spent})

    def result(self, stage: str) -> Result:
        """What the stage ended with.

        Raises:
            VoiceTrainingError: its file is gone.
        """
        state = state_in(self._result(stage), self.device)
        return Result(weights=state["model"], steps=int(state["steps"]), spent=float(state["spent"]))

    def loaded(self, stage: str, model: Model) -> Model:
        """`model` with the weights that the stage ended with, on the device, in evaluation mode."""
        model.load_state_dict(self.result(stage).weights)
        nn.Module.to(model.eval(), self.device)
        return model

    def _result(self, stage: str) -> Path:
        return self.path / f"{stage}-result.pt"


def state_in(path: Path, device: torch.device) -> dict[str, Any]:
    """The state in a file that has to be there.

    Raises:
        VoiceTrainingError: it is gone.
    """
    state = load_state(path, device)
    if state is None:
        raise VoiceTrainingError(f"{path} is gone: start the run in a new folder.")
    return state
