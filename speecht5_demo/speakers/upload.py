"""A speaker from a file that somebody uploaded.

The file is not trusted: its size is bounded before it is read, and nothing in it is ever run.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from speecht5_demo.errors import SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.speakers.files import read_array
from speecht5_demo.speakers.speaker import VECTOR_SIZE, Speaker, checked_vector

MAX_BYTES = 64 * 1024
"""512 doubles are 4 KB and torch.save adds about 2; what is far larger is not one x-vector."""

RECORDINGS = (
    ".wav",
    ".mp3",
    ".ogg",
    ".oga",
    ".opus",
    ".flac",
    ".m4a",
    ".aac",
    ".aiff",
    ".aif",
    ".webm",
    ".wma",
)
_ARRAY_PARTS: list[Any] = [
    np.zeros(1).__reduce__()[0],
    np.ndarray,
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("float16", "float32", "float64")),
]
"""What a pickled array of floats is made of; torch.load opens nothing else beside tensors."""

_one_at_a_time = threading.Lock()  # the list of safe parts belongs to the process


def load_upload(path: str | Path, size: int = VECTOR_SIZE) -> Speaker:
    """The speaker in a .npy file (`numpy.save`) or a .pt file (`torch.save`) of one x-vector.

    Args:
        path: the file. Its name is shown to whoever uploaded it and recorded nowhere: the speaker is named by what the
            vector is, so that it cannot pass for a built-in one and keeps its name under another file.
        size: values that the checkpoint's vectors have, its `vector_size`.

    Raises:
        SpeakerError: when the file has another ending or size, cannot be read, wants to run code, or does not hold
            `size` finite values in shape (size,), (1, size) or (1, 1, size).
    """
    path = Path(path)
    readers = {".npy": read_array, ".pt": _read_tensor}
    reader = readers.get(path.suffix.lower())
    if path.suffix.lower() in RECORDINGS:
        raise SpeakerError(
            Message(
                "{file} is a recording: expected a .npy or .pt file of one x-vector, {size} values. "
                "Make it with the encoder that the checkpoint was trained with.",
                file=path.name,
                size=size,
            )
        )
    if reader is None:
        raise SpeakerError(
            Message(
                "{file}: expected a .npy or .pt file. Save one x-vector with numpy.save or torch.save.",
                file=path.name,
            )
        )
    try:
        held = path.stat().st_size
    except OSError as error:
        raise SpeakerError(
            Message(
                "{file} cannot be read ({why}). Choose the file again.", file=path.name, why=error.strerror
            )
        ) from error
    if not 0 < held <= MAX_BYTES:
        raise SpeakerError(
            Message(
                "{file}: expected one x-vector of {size} values in at most {most} bytes, found {held} bytes. "
                "Save a single vector.",
                file=path.name,
                size=size,
                most=f"{MAX_BYTES:,}",
                held=f"{held:,}",
            )
        )
    vector = checked_vector(reader(path), path.name, size)
    name = f"upload-{hashlib.sha256(vector.tobytes()).hexdigest()[:8]}"
    return Speaker(name, Message("{name} (uploaded)", name=path.stem[:40]), vector, source="upload")


def _read_tensor(path: Path) -> npt.NDArray[np.generic]:
    import torch  # takes seconds, and a .npy file needs none of it

    try:
        with _one_at_a_time, torch.serialization.safe_globals(_ARRAY_PARTS):
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SpeakerError(
            Message(
                "{file} holds more than a tensor, and opening it could run code, so it was not opened. "
                "Save the tensor alone with torch.save.",
                file=path.name,
            )
        ) from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, AttributeError, TypeError) as error:
        raise SpeakerError(
            Message(
                "{file} cannot be read as a tensor: it is damaged or not of torch.save. Save it again.",
                file=path.name,
            )
        ) from error
    if isinstance(loaded, np.ndarray):
        return loaded
    if not isinstance(loaded, torch.Tensor):
        raise SpeakerError(
            Message(
                "{file}: expected one tensor, found {kind}. Save the tensor alone.",
                file=path.name,
                kind=type(loaded).__name__,
            )
        )
    if loaded.is_complex() or loaded.is_quantized or loaded.layout != torch.strided:
        raise SpeakerError(
            Message("{file}: expected a plain tensor of floats. Save it as float32.", file=path.name)
        )
    return np.asarray(loaded.detach().to(torch.float64 if loaded.is_floating_point() else loaded.dtype))
