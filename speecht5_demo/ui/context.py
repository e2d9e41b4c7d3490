"""What all pages share, made once when the server starts and handed to each page's `build(context)`."""

from __future__ import annotations

from dataclasses import dataclass

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.settings import Settings


@dataclass(frozen=True)
class AppContext:
    """One running server.

    Attributes:
        settings: what the deployment chose.
        checkpoint: who speaks.
        synthesizer: makes it speak, one run at a time.
        ratings: this process' only writer of ratings; safe between threads.
    """

    settings: Settings
    checkpoint: Checkpoint
    synthesizer: Synthesizer
    ratings: ServedRatingsWriter

    @classmethod
    def open(cls, settings: Settings) -> AppContext:
        """Open what the settings name. No weights are loaded yet.

        Raises:
            CheckpointError: the checkpoint cannot be found or read.
        """
        checkpoint = open_checkpoint(settings.checkpoint)
        return cls(settings, checkpoint, Synthesizer(checkpoint), ServedRatingsWriter(settings.ratings))
