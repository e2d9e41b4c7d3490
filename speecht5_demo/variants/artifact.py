"""Variants that transformers' own loop speaks, on disk: saved once, then started from without their recipe being run.

    ROOT/NAME-DIGEST/acoustic.safetensors   weights as the recipe left them: zeros where it pruned, integers where it
                                            quantised
    ROOT/NAME-DIGEST/vocoder.safetensors

Networks are made empty and take the stored tensors one by one, so an int8 variant never holds fp32 weights.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan
from transformers.models.speecht5.modeling_speecht5 import SpeechT5ScaledPositionalEncoding

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import ArtifactError
from speecht5_demo.files import whole_folder
from speecht5_demo.variants.build import BuiltVariant, build
from speecht5_demo.variants.manifest import (
    ACOUSTIC_FILE,
    VOCODER_FILE,
    artifact_folder,
    check_files,
    default_root,
    is_saved,
    read_manifest,
    refusal,
    write_manifest,
)
from speecht5_demo.variants.recipe import Variant
from speecht5_demo.variants.sizes import Sizes, sizes_in
from speecht5_demo.variants.storing import INTEGERS, SCALE, ZERO_POINT, save_modules
from speecht5_demo.variants.turbo import save_artifact as save_turbo
from speecht5_demo.variants.turbo import turbo_sizes
from speecht5_demo.variants.turbo.files import TensorFile

FORMAT = 101
"""Raised when what the files mean changes; the turbo variants count their own from 1."""
_log = logging.getLogger(__name__)


def save_variant(checkpoint: Checkpoint, variant: Variant, root: Path) -> tuple[Path, Sizes]:
    """Build any variant and save it; a folder that is there already is replaced when the new one is whole.

    Raises:
        VariantError, CheckpointError: as `build`.
        OutputError: the folder cannot be written.
    """
    if variant.turbo is not None:
        folder = save_turbo(checkpoint, variant, root)
        return folder, turbo_sizes(checkpoint, variant, root)
    built = build(checkpoint, variant)
    target = artifact_folder(checkpoint, variant, root)
    with whole_folder(target) as folder:
        save_modules(built, folder)
        sizes = sizes_in(built, folder)
        write_manifest(folder, FORMAT, checkpoint, variant, {"sizes": asdict(sizes)})
    return target, sizes


def load_variant(checkpoint: Checkpoint, variant: Variant, root: Path) -> BuiltVariant:
    """The saved modules of a variant without turbo.

    Raises:
        ArtifactError: there is none, or it is broken, out of date or another checkpoint's; the message says which.
    """
    folder = artifact_folder(checkpoint, variant, root)
    check_files(folder, read_manifest(folder, FORMAT, checkpoint, variant))
    try:
        with torch.device("meta"):
            acoustic: nn.Module = SpeechT5ForTextToSpeech(checkpoint.acoustic_config)
            vocoder: nn.Module = SpeechT5HifiGan(checkpoint.vocoder_config)
        _fill(acoustic, TensorFile(folder / ACOUSTIC_FILE))
        _fill(vocoder, TensorFile(folder / VOCODER_FILE))
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OSError) as error:
        raise refusal(folder, f"its contents cannot be read ({error})") from error
    return BuiltVariant(variant, acoustic.eval(), vocoder.eval())


def built_variant(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> BuiltVariant:
    """The saved variant where there is a good one, else a fresh build. One that is refused is rebuilt, and says why.

    Raises:
        VariantError, CheckpointError: as `build`.
    """
    root = default_root() if root is None else root
    if not is_saved(checkpoint, variant, root):
        return build(checkpoint, variant)
    try:
        return load_variant(checkpoint, variant, root)
    except ArtifactError as error:
        _log.warning("%s It is being rebuilt.", error)
    save_variant(checkpoint, variant, root)
    return load_variant(checkpoint, variant, root)


@torch.no_grad()
def _fill(module: nn.Module, stored: Mapping[str, Tensor]) -> None:
    """Put the stored tensors into an empty network.

    Raises:
        ValueError: some of it would stay empty.
    """
    for name in stored:
        if name.endswith(INTEGERS):
            _set(module, name.removesuffix(INTEGERS), _packed(name.removesuffix(INTEGERS), stored))
    for part in list(module.modules()):
        if isinstance(part, SpeechT5ScaledPositionalEncoding):
            part.pe = SpeechT5ScaledPositionalEncoding(0.0, part.pe.shape[2], part.pe.shape[1]).pe
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if not tensor.is_meta:
            continue
        value = stored[name]
        if value.shape != tensor.shape:
            raise ValueError(f"{name} has the shape {tuple(value.shape)}, expected {tuple(tensor.shape)}")
        is_weight = isinstance(tensor, nn.Parameter)
        _set(module, name, nn.Parameter(value, requires_grad=False) if is_weight else value)


def _packed(name: str, stored: Mapping[str, Tensor]) -> nn.Module:
    integers = stored[f"{name}{INTEGERS}"]
    scale, zero_point = stored[f"{name}{SCALE}"].item(), int(stored[f"{name}{ZERO_POINT}"].item())
    weight = torch._make_per_tensor_quantized_tensor(integers, scale, zero_point)
    layer = torch.ao.nn.quantized.dynamic.Linear(integers.shape[1], integers.shape[0], dtype=torch.qint8)
    layer.set_weight_bias(weight, stored.get(f"{name}.bias"))
    return layer


def _set(module: nn.Module, name: str, value: nn.Module | Tensor) -> None:
    owner, _, leaf = name.rpartition(".")
    setattr(module.get_submodule(owner), leaf, value)
