"""Folded weights in safetensors files, and back: a saved variant starts without the fp32 model ever existing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter
from safetensors.torch import save_file

from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE, Shapes
from speecht5_demo.variants.tensor_file import TensorFile
from speecht5_demo.variants.turbo.linear import Linear
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape


def save_weights(weights: TurboWeights, folder: Path) -> Shapes:
    """Write the two files of weights into an existing folder; returns what `load_weights` needs beside them."""
    stored = weights.flat()
    vocoder = {name: tensor for name, tensor in stored.items() if name.startswith("vocoder.")}
    acoustic = {name: tensor for name, tensor in stored.items() if name not in vocoder}
    save_file(acoustic, folder / ACOUSTIC_FILE)
    save_file(vocoder, folder / VOCODER_FILE)
    return {"acoustic": asdict(weights.shape), "vocoder": asdict(weights.vocoder)}


def load_weights(folder: Path, shapes: Shapes) -> TurboWeights:
    """Weights that were saved in `folder`; linear layers stay on disk until an engine packs them one by one.

    Args:
        folder: of the files.
        shapes: what `save_weights` returned.

    Raises:
        KeyError, TypeError, ValueError, OSError: the files or the shapes are not what was saved.
    """
    acoustic, vocoder = TensorFile(folder / ACOUSTIC_FILE), TensorFile(folder / VOCODER_FILE)
    return TurboWeights(
        shape=TypeAdapter(AcousticShape).validate_python(shapes["acoustic"]),
        vocoder=TypeAdapter(VocoderShape).validate_python(shapes["vocoder"]),
        linears=LinearFile(acoustic),
        tensors={name: file[name] for file in (acoustic, vocoder) for name in file if _is_plain(name)},
        quantized=any(name.endswith(".scale") for name in acoustic),
    )


class LinearFile(Mapping[str, Linear]):
    """The linear layers among the tensors of one file; each access reads one layer anew."""

    def __init__(self, tensors: TensorFile) -> None:
        self._tensors = tensors
        self._names = [
            name.removeprefix("linear.").removesuffix(".weight")
            for name in tensors
            if not _is_plain(name) and name.endswith(".weight")
        ]

    def __getitem__(self, name: str) -> Linear:
        stem = f"linear.{name}"
        scale = self._tensors.get(f"{stem}.scale")
        return Linear(self._tensors[f"{stem}.weight"], self._tensors[f"{stem}.bias"], scale)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_plain(name: str) -> bool:
    return not name.startswith("linear.")
