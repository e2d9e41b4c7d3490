"""Weights in files: found, loaded whole or not at all, and named by what they hold."""

import hashlib
import json
import pickle
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import torch
from safetensors import SafetensorError
from transformers import PreTrainedModel, SpeechT5ForTextToSpeech, SpeechT5HifiGan
from transformers.utils import logging as transformers_logging

from speecht5_demo.errors import CheckpointError

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
"""In order of preference. The published model has only the second."""

Model = TypeVar("Model", bound=PreTrainedModel)


@dataclass(frozen=True)
class FileWeights:
    """Two networks, each in a folder as `save_pretrained` leaves it."""

    acoustic: Path
    vocoder: Path

    def digest(self) -> str:
        """SHA-256 over the SHA-256 of both files."""
        both = f"{file_digest(weights_in(self.acoustic))} {file_digest(weights_in(self.vocoder))}"
        return hashlib.sha256(both.encode()).hexdigest()

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """A new acoustic model from the file."""
        return _load(SpeechT5ForTextToSpeech, self.acoustic)

    def load_vocoder(self) -> SpeechT5HifiGan:
        """A new vocoder from the file."""
        return _load(SpeechT5HifiGan, self.vocoder)


def find_weights(folder: Path) -> Path | None:
    """The file of weights in `folder`, if there is one."""
    return next((folder / name for name in WEIGHT_FILES if (folder / name).is_file()), None)


def weights_in(folder: Path) -> Path:
    """The file of weights in `folder`.

    Raises:
        CheckpointError: when there is none.
    """
    path = find_weights(folder)
    if path is None:
        raise CheckpointError(f"{folder} holds no {' or '.join(WEIGHT_FILES)}. Save the model there again.")
    return path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    The hub's cache names a large file by its SHA-256 and links to it, so there the name is enough.
    """
    blob = path.resolve()
    if blob.parent.name == "blobs" and re.fullmatch(r"[0-9a-f]{64}", blob.name):
        return blob.name
    return hash_file(path)


def hash_file(path: Path) -> str:
    """SHA-256 of what is in a file, hexadecimal; about a second a gigabyte."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_whole(path: Path) -> None:
    """Raise a `CheckpointError` when the file of weights was cut short. Reads a few bytes only."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if path.suffix == ".safetensors":
            whole = _safetensors_size(start, file, size) == size
        else:
            # What torch.save writes is a zip archive, its directory last; releases before 1.6 wrote another.
            whole = size > 0 and (not start.startswith(b"PK") or zipfile.is_zipfile(file))
    if not whole:
        raise CheckpointError(
            f"{path} is cut short ({size:,} bytes). Delete it, then download or save it again."
        )


def _safetensors_size(start: bytes, file: BinaryIO, at_most: int) -> int | None:
    """The size that a safetensors file says it has: 8 bytes of length, a JSON header, the tensors."""
    header_size = int.from_bytes(start, "little")
    if len(start) < 8 or header_size > at_most:
        return None
    try:
        header = json.loads(file.read(header_size))
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return 8 + header_size + int(max(ends, default=0))


def for_inference(model: Model) -> Model:
    """The same model in float32 and evaluation mode, without gradients."""
    model.float().eval()
    model.requires_grad_(False)
    return model


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """The library draws a bar for every load; ours take well under a second."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def _load(kind: type[Model], folder: Path) -> Model:
    """The model in `folder`; never one of which a part was left at random values.

    The library only warns when a file lacks a weight, and such a voice would be subtly or grossly wrong.
    """
    path = weights_in(folder)
    model: Model
    report: dict[str, Any]
    try:
        with _no_progress_bar():
            model, report = kind.from_pretrained(  # type: ignore[misc]  # a pair, when asked for the report
                folder,
                dtype=torch.float32,
                local_files_only=True,
                use_safetensors=path.suffix == ".safetensors",
                weights_only=True,
                output_loading_info=True,
            )
    except (
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
        pickle.UnpicklingError,
        SafetensorError,
    ) as error:
        raise CheckpointError(
            f"{path} cannot be read as {kind.__name__}: it is cut short, damaged or another model's. "
            "Download or save it again."
        ) from error
    # Position tables are computed, not learned: whether a file holds them depends on its age.
    lacking = sorted(key for key in report["missing_keys"] if not key.endswith(".pe"))
    lacking += [str(mismatch[0]) for mismatch in report["mismatched_keys"]]
    if lacking:
        raise CheckpointError(
            f"{path} lacks {len(lacking)} weights of {kind.__name__}, the first of them {lacking[0]}. "
            "Download or save it again."
        )
    return for_inference(model)
