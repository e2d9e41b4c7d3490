"""Reading safetensors a tensor at a time into memory of its own.

The library maps the whole file: pages that were read stay resident until every tensor is gone, so packing weights for
a kernel would hold them twice. Read one by one, each original is freed as soon as it is packed.
Source of the format: https://huggingface.co/docs/safetensors (8 bytes of header length, a JSON header, the bytes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

_DTYPES = {
    "F32": torch.float32,
    "F64": torch.float64,
    "BF16": torch.bfloat16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "I64": torch.int64,
}


class TensorFile(Mapping[str, Tensor]):
    """The tensors of one file; each access reads it anew.

    Raises:
        ValueError, KeyError: the header is not one of this format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        self._places = {
            name: (_DTYPES[place["dtype"]], tuple(place["shape"]), 8 + length + place["data_offsets"][0])
            for name, place in header.items()
        }

    def __getitem__(self, name: str) -> Tensor:
        dtype, shape, offset = self._places[name]
        tensor = torch.empty(shape, dtype=dtype)
        with self._path.open("rb") as file:
            file.seek(offset)
            file.readinto(tensor.reshape(-1).view(torch.uint8).numpy().data)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
