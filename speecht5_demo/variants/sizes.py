"""How big a variant is, from a real saved artifact: nothing here is estimated."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from speecht5_demo.sizes import Sizes as Sizes
from speecht5_demo.variants.build import BuiltVariant
from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE
from speecht5_demo.variants.storing import save_modules


def measure_sizes(built: BuiltVariant) -> Sizes:
    """Save the variant to a temporary folder, measure it, and remove it again."""
    with tempfile.TemporaryDirectory(prefix="speecht5-sizes-") as folder:
        save_modules(built, Path(folder))
        return sizes_in(built, Path(folder))


def sizes_in(built: BuiltVariant, folder: Path) -> Sizes:
    """Sizes of a variant that lies saved in `folder`."""
    acoustic, vocoder = folder / ACOUSTIC_FILE, folder / VOCODER_FILE
    acoustic_bytes, vocoder_bytes = acoustic.stat().st_size, vocoder.stat().st_size
    tensors = [*_tensors(built.acoustic), *_tensors(built.vocoder)]
    weights = [*_weights(built.acoustic), *_weights(built.vocoder)]
    return Sizes(
        disk_bytes=acoustic_bytes + vocoder_bytes,
        zip_bytes=zipped_bytes(acoustic) + zipped_bytes(vocoder),
        resident_bytes=sum(_bytes(tensor) for tensor in tensors),
        parameters=sum(weight.numel() for weight in weights),
        nonzero_parameters=sum(_nonzero(weight) for weight in weights),
        acoustic_disk_bytes=acoustic_bytes,
        vocoder_disk_bytes=vocoder_bytes,
    )


class _Counter(io.RawIOBase):
    """A sink that only counts, so that compressing a large model needs no second copy of it."""

    def __init__(self) -> None:
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.count += size
        return size


def zipped_bytes(path: Path) -> int:
    """Bytes of the file after deflate at its fastest level."""
    sink = _Counter()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(path, path.name)
    return sink.count


def _packed_weights(model: nn.Module) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
    """The (weight, bias) of each quantised Linear layer, which are no parameters of the module."""
    for module in model.modules():
        if isinstance(module, torch.ao.nn.quantized.Linear):
            yield module.weight(), module.bias()


def _weights(model: nn.Module) -> Iterator[torch.Tensor]:
    yield from model.parameters()
    for weight, bias in _packed_weights(model):
        yield weight
        if bias is not None:
            yield bias


def _tensors(model: nn.Module) -> Iterator[torch.Tensor]:
    yield from _weights(model)
    yield from model.buffers()


def _bytes(tensor: torch.Tensor) -> int:
    size = tensor.numel() * tensor.element_size()
    if tensor.is_quantized and tensor.qscheme() in (torch.per_channel_affine, torch.per_channel_symmetric):
        scales, zero_points = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
        size += scales.numel() * scales.element_size() + zero_points.numel() * zero_points.element_size()
    return size


def _nonzero(tensor: torch.Tensor) -> int:
    values = tensor.int_repr() if tensor.is_quantized else tensor
    return int(torch.count_nonzero(values))
