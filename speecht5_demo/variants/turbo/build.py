"""From a checkpoint and a turbo recipe to folded weights, and how big those are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import VariantError
from speecht5_demo.variants.build import build
from speecht5_demo.variants.manifest import ACOUSTIC_FILE, VOCODER_FILE
from speecht5_demo.variants.recipe import Variant
from speecht5_demo.variants.sizes import Sizes, zipped_bytes
from speecht5_demo.variants.turbo.calibration import input_ranges
from speecht5_demo.variants.turbo.fold import fold
from speecht5_demo.variants.turbo.weights import TurboWeights

_VOCODER_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.bfloat16}


def build_turbo(checkpoint: Checkpoint, variant: Variant) -> TurboWeights:
    """Load fresh weights, apply the recipe's steps in order, and fold.

    Raises:
        VariantError: the recipe has no turbo step at its end, or a step cannot be applied.
        CheckpointError: the weights cannot be read.
    """
    turbo = variant.turbo
    if turbo is None or variant.steps[-1] is not turbo:
        raise VariantError(f"{variant.name} cannot be folded: Turbo has to be the last step of its recipe.")
    if turbo.vocoder not in _VOCODER_DTYPES:
        raise VariantError(f"There is no vocoder in {turbo.vocoder!r}: choose fp32, bf16 or int8.")
    built = build(checkpoint, Variant(variant.name, variant.label, variant.explanation, variant.steps[:-1]))
    integers = turbo.vocoder == "int8"
    ranges = input_ranges(checkpoint, built.acoustic, built.vocoder) if integers else None
    return fold(built.acoustic, built.vocoder, turbo.storage, _VOCODER_DTYPES[turbo.vocoder], ranges)


def save_weights(weights: TurboWeights, folder: Path) -> None:
    """Write the two files of weights into an existing folder."""
    stored = weights.flat()
    vocoder = {name: tensor for name, tensor in stored.items() if name.startswith("vocoder.")}
    acoustic = {name: tensor for name, tensor in stored.items() if name not in vocoder}
    save_file(acoustic, folder / ACOUSTIC_FILE)
    save_file(vocoder, folder / VOCODER_FILE)


def measure_turbo(weights: TurboWeights) -> Sizes:
    """Save the weights to a temporary folder, measure them, and remove them again."""
    with tempfile.TemporaryDirectory(prefix="speecht5-sizes-") as folder:
        save_weights(weights, Path(folder))
        return sizes_of(weights, Path(folder))


def sizes_of(weights: TurboWeights, folder: Path) -> Sizes:
    """Sizes of weights that lie saved in `folder`."""
    acoustic, vocoder = folder / ACOUSTIC_FILE, folder / VOCODER_FILE
    acoustic_bytes, vocoder_bytes = acoustic.stat().st_size, vocoder.stat().st_size
    return Sizes(
        disk_bytes=acoustic_bytes + vocoder_bytes,
        zip_bytes=zipped_bytes(acoustic) + zipped_bytes(vocoder),
        resident_bytes=sum(tensor.numel() * tensor.element_size() for tensor in weights.flat().values()),
        parameters=weights.parameters(),
        nonzero_parameters=weights.nonzero(),
        acoustic_disk_bytes=acoustic_bytes,
        vocoder_disk_bytes=vocoder_bytes,
    )
