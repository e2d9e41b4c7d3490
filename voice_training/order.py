"""What a run is asked for, and what its model card says of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from voice_training.settings import TrainingSettings
from voice_training.warm_start import in_the_shape_of


@dataclass(frozen=True)
class Order:
    """What to train and where.

    Attributes:
        folder: of the run: corpus, states, journal, pictures, and in `voice` the result.
        init: a voice's folder to go on from, or None to start from nothing.
        init_vocoder: a voice's folder whose vocoder alone to go on from; as for `init` where None.
        keep_vocoder: the vocoder gone on from stays as it is. keep_acoustic: so does `init`'s acoustic model.
        listen: whether a recogniser is here to measure with; without it the result has no figures yet.
        command: the command line, for the model card.
        machine: what it runs on, for the model card.
    """

    settings: TrainingSettings
    folder: Path
    device: torch.device
    init: Path | None
    init_vocoder: Path | None
    keep_vocoder: bool
    keep_acoustic: bool
    listen: bool
    command: str
    machine: str
    workers: int

    @property
    def vocoder_from(self) -> Path | None:
        """The voice whose vocoder is gone on from."""
        return self.init_vocoder or self.init

    @property
    def reshaped(self) -> bool:
        """Whether the voice gone on from has another shape than what is trained."""
        acoustic = self.settings.acoustic
        return self.init is not None and in_the_shape_of(acoustic, self.init) != acoustic

    @property
    def in_two(self) -> bool:
        """Whether two processes train side by side, half of the processor's cores each.

        One acoustic model together or, where that is kept, a vocoder each.
        """
        return self.device.type == "cpu" and self.workers > 1

    @property
    def twins(self) -> bool:
        """Whether two vocoders are trained, whose mean counts."""
        return self.in_two and self.keep_acoustic

    @property
    def started_from(self) -> str | None:
        """For the model card; None where all was trained from nothing."""
        if self.init_vocoder is None:
            kept = ", whose vocoder it keeps" if self.keep_vocoder else ""
            kept += ", whose acoustic model it keeps" if self.keep_acoustic else ""
            return None if self.init is None else f"{self.init}{kept}"
        rest = "nothing" if self.init is None else str(self.init)
        alone = "its vocoder alone, unchanged" if self.keep_vocoder else "its vocoder alone"
        model = f"is {rest}'s, unchanged" if self.keep_acoustic else f"started from {rest}"
        return f"{self.init_vocoder} ({alone}; the acoustic model {model})"
