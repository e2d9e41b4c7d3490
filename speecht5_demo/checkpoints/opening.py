"""From a word on the command line to a checkpoint."""

from pathlib import Path

from speecht5_demo.checkpoints.checkpoint import Checkpoint
from speecht5_demo.checkpoints.embedded import open_embedded
from speecht5_demo.checkpoints.folder import open_folder
from speecht5_demo.checkpoints.random_full import open_random_full


def open_checkpoint(spec: str = "auto") -> Checkpoint:
    """The checkpoint that `spec` names. No weights are loaded yet.

    Args:
        spec: `auto`, `embedded`, `random-full`, or a folder.

    Raises:
        CheckpointError: when it cannot be found or is not whole.
    """
    if spec in {"auto", "embedded"}:
        return open_embedded()
    if spec == "random-full":
        return open_random_full()
    return open_folder(Path(spec))
