"""The full-size checkpoint where it is built more than once: its random weights, seconds of each, are drawn once."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.checkpoints.checkpoint import Source


@dataclass(frozen=True)
class _Drawn:
    """A source that gives copies of its networks; what else it gives is its own."""

    source: Source
    acoustic: Any
    vocoder: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def load_acoustic(self) -> Any:
        return copy.deepcopy(self.acoustic)

    def load_vocoder(self) -> Any:
        return copy.deepcopy(self.vocoder)


def full_size() -> Checkpoint:
    """`random-full`, its networks kept as long as it is: 0.6 GB."""
    checkpoint = open_checkpoint("random-full")
    drawn = _Drawn(checkpoint.source, checkpoint.load_acoustic(), checkpoint.load_vocoder())
    return replace(checkpoint, source=drawn)
