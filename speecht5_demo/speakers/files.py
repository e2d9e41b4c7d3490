"""Speakers in files: the folder of a checkpoint."""

import json
from pathlib import Path

import numpy as np

from speecht5_demo.errors import SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.speakers.speaker import VECTOR_SIZE, Speaker, checked_vector


def read_speakers(folder: Path, size: int = VECTOR_SIZE) -> dict[str, Speaker]:
    """All speakers in `folder`, by name: those of labels.json in its order, then the others by name.

    Args:
        folder: of the .npy files.
        size: values of each vector.

    Raises:
        SpeakerError: when there is none, or one cannot be used.
    """
    labels = _read_labels(folder / "labels.json")
    found = {path.stem: path for path in sorted(folder.glob("*.npy"))}
    if not found:
        raise SpeakerError(
            f"{folder} holds no speaker. Save at least one x-vector there as NAME.npy, {size} float values."
        )
    names = [name for name in labels if name in found] + [name for name in found if name not in labels]
    return {
        name: Speaker(
            name,
            labels.get(name, name),
            checked_vector(read_array(found[name]), found[name].name, size),
            source=f"file {found[name].name}",
        )
        for name in names
    }


def read_array(path: Path) -> np.ndarray:
    """The array in a .npy file. Nothing in the file is ever run.

    Raises:
        SpeakerError: when the file is damaged or holds pickled objects.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SpeakerError(
            Message(
                "{file} cannot be read as an array of numbers ({why}). Save one x-vector with numpy.save.",
                file=path.name,
                why=error,
            )
        ) from error
    if not isinstance(array, np.ndarray):
        raise SpeakerError(
            Message("{file} holds several arrays. Save one x-vector with numpy.save.", file=path.name)
        )
    return array


def _read_labels(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SpeakerError(f"{path}: not JSON ({error}). Write an object of names and labels.") from error
    if not isinstance(labels, dict):
        raise SpeakerError(f"{path}: expected an object of names and labels.")
    return {str(name): str(label) for name, label in labels.items()}
