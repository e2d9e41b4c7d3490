"""Files of torch.save, opened without running anything in them; what they would run is named instead."""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch

from speecht5_demo.errors import CheckpointError

_NOT_MODULES = ("torch._utils", "torch.storage", "collections", "torch", "numpy", "builtins")
_STRINGS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")
_MOST_BYTES = 64 * 2**20
"""Of a pickle that is searched for names; the tensors lie beside it."""


def load_pickled(path: Path) -> Mapping[str, object]:
    """The dictionary in a file of torch.save.

    Raises:
        CheckpointError: it is broken, is no dictionary, or could only be opened by running code.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} {_what_it_is(path)}") from error
    except (
        OSError,
        RuntimeError,
        ValueError,
        EOFError,
        KeyError,
        AttributeError,
        TypeError,
        IndexError,
    ) as error:
        raise CheckpointError(
            f"{path} cannot be read as a file of torch.save: it is damaged or of another program. "
            "Download or save it again."
        ) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"{path} holds a {type(content).__name__}, not named weights. Save the model with save_pretrained."
        )
    return content


def _what_it_is(path: Path) -> str:
    """The rest of a sentence about a file that wants more than tensors."""
    names = _named_in(path)
    foreign = [name for name in names if name.rpartition(".")[0].split(".")[0] not in _NOT_MODULES]
    quantized = [name for name in names if "quantized" in name or "torchao" in name or "bitsandbytes" in name]
    networks = [name for name in names if ".nn." in name or ".modeling_" in name]
    if quantized:
        return (
            f"is a quantised model ({quantized[0]}), and steps start from floats. "
            "Give the model as it was before, and choose an INT8 variant."
        )
    if networks:
        return (
            f"is a whole pickled module ({networks[0]}), which only running its code would open. "
            "Save the weights with save_pretrained, or torch.save(model.state_dict(), ...)."
        )
    named = f" ({foreign[0]})" if foreign else ""
    return (
        f"holds more than weights{named}: opening it could run code, so it was not opened. "
        "Save the weights alone with save_pretrained."
    )


def _named_in(path: Path) -> list[str]:
    """Full names of what a pickle would import, read without importing it."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                inner = next(
                    (item for item in archive.infolist() if item.filename.endswith("data.pkl")), None
                )
                if inner is None or inner.file_size > _MOST_BYTES:
                    return []
                content = archive.read(inner)
        else:
            with path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        return _globals(content)
    except (OSError, zipfile.BadZipFile, ValueError):
        return []


def _globals(content: bytes) -> list[str]:
    names: list[str] = []
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name in _STRINGS:
                strings.append(str(argument))
            elif opcode.name == "GLOBAL":
                names.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL" and len(strings) > 1:
                names.append(".".join(strings[-2:]))
    except ValueError:
        return names  # what was named before the file broke
    return names
