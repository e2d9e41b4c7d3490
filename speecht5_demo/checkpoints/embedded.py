"""The voice that comes with this repository and speaks with no network."""

from dataclasses import replace
from pathlib import Path

from speecht5_demo.checkpoints.checkpoint import Checkpoint
from speecht5_demo.checkpoints.folder import open_folder
from speecht5_demo.messages import Message

FOLDER = Path(__file__).parents[2] / "assets" / "voice"


def open_embedded() -> Checkpoint:
    """The built-in checkpoint, trained for this project; its card has its size and its figures.

    Raises:
        CheckpointError: when `assets/voice` is not whole.
    """
    return replace(
        open_folder(FOLDER),
        spec="embedded",
        title="built-in voice",
        notice=Message(
            "The built-in voice speaks: a small SpeechT5 made for this demo, not the published model."
        ),
    )
