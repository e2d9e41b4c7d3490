"""Files of weights: found, checked for being whole, and named by what they hold. Nothing is loaded here.

model.safetensors                              one file, or
model.safetensors.index.json                   a list of shards, which lie beside it
pytorch_model.bin, pytorch_model.bin.index.json    the same of torch.save
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from speecht5_demo.errors import CheckpointError

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
"""In order of preference. The published model has only the second."""
INDEX_ENDING = ".index.json"
_INSTEAD = (
    ("adapter_model.*", "a LoRA adapter alone: merge it with merge_and_unload() and save the whole model"),
    (
        "adapter_config.json",
        "a LoRA adapter alone: merge it with merge_and_unload() and save the whole model",
    ),
    ("checkpoint-*", "checkpoints of a training: name one of them, such as {found}"),
    ("optimizer.pt", "the state of a training: save the model itself"),
    ("*.ckpt", "a training checkpoint ({name}): save the model itself"),
    ("*.safetensors", "weights under another name ({name}): rename them to model.safetensors"),
    ("*.bin", "weights under another name ({name}): rename them to pytorch_model.bin"),
    ("*.pt", "weights under another name ({name}): save the model with save_pretrained"),
    ("*.pth", "weights under another name ({name}): save the model with save_pretrained"),
    ("*.onnx", "an ONNX export: save the PyTorch model"),
    ("*.gguf", "a GGUF export: save the PyTorch model"),
    ("*.h5", "TensorFlow weights: save the PyTorch model"),
    ("*.msgpack", "Flax weights: save the PyTorch model"),
)
"""What a folder without weights may hold instead, and what to do about it; the first that is there is named."""


@dataclass(frozen=True)
class WeightFiles:
    """The weights of one network.

    Attributes:
        named: the file that stands for them: the only one, or the index.
        parts: the files that hold them; the only one, or all shards.
    """

    named: Path
    parts: tuple[Path, ...]

    def digest(self) -> str:
        """SHA-256, hexadecimal: of the only file, or over those of all shards in their order."""
        digests = [file_digest(part) for part in self.parts]
        return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


def find_weights(folder: Path) -> WeightFiles | None:
    """The weights in `folder`, if there are any.

    Raises:
        CheckpointError: there is an index, and it is broken or a shard is missing.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return WeightFiles(folder / name, (folder / name,))
        if (folder / f"{name}{INDEX_ENDING}").is_file():
            return _sharded(folder / f"{name}{INDEX_ENDING}")
    return None


def weights_in(folder: Path) -> WeightFiles:
    """The weights in `folder`.

    Raises:
        CheckpointError: there are none, or not all of them.
    """
    weights = find_weights(folder)
    if weights is None:
        raise CheckpointError(f"{folder} holds no {' or '.join(WEIGHT_FILES)}. Save the model there again.")
    return weights


def held_instead(folder: Path) -> str | None:
    """What a folder without weights holds instead of them, and what to do about it, in words."""
    for pattern, words in _INSTEAD:
        found = min(folder.glob(pattern), default=None)
        if found is not None:
            return words.format(found=found, name=found.name)
    return None


def _sharded(index: Path) -> WeightFiles:
    try:
        listed: Any = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        names = sorted({str(name) for name in listed})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{index} is not a list of shards ({type(error).__name__}: {error}). Copy it again from its source."
        ) from error
    if any(Path(name).name != name for name in names) or not names:
        raise CheckpointError(f"{index} names no shards that lie beside it. Copy it again from its source.")
    parts = tuple(index.parent / name for name in names)
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise CheckpointError(
            f"{index.parent} lacks {len(missing)} of {len(parts)} shards of the weights: "
            f"{', '.join(missing[:3])}{more}. Copy them there from the same source."
        )
    return WeightFiles(index, parts)


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


def require_whole(weights: WeightFiles) -> None:
    """Raise a `CheckpointError` when a file of weights was cut short. Reads a few bytes of each only."""
    for path in weights.parts:
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
        return 8 + header_size + int(max(ends, default=0))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
