"""Variants on disk: saved once, then started from without their recipe being run.

ROOT/NAME-DIGEST/manifest.json          what the files are, and what they were made from
ROOT/NAME-DIGEST/acoustic.safetensors   weights as the recipe left them: zeros where it pruned, integers where it
                                        quantised
ROOT/NAME-DIGEST/vocoder.safetensors
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import assert_never

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import ArtifactError
from speecht5_demo.files import whole_folder
from speecht5_demo.sizes import Sizes
from speecht5_demo.variants.build import Built, build
from speecht5_demo.variants.kept_sizes import keep_sizes, kept_sizes
from speecht5_demo.variants.manifest import (
    Shapes,
    artifact_folder,
    check_files,
    default_root,
    is_saved,
    read_manifest,
    refusal,
    write_manifest,
)
from speecht5_demo.variants.modules import Modules
from speecht5_demo.variants.networks import import_networks
from speecht5_demo.variants.recipe import Variant
from speecht5_demo.variants.sizes import sizes_of
from speecht5_demo.variants.turbo.weight_files import load_weights, save_weights
from speecht5_demo.variants.turbo.weights import TurboWeights

_log = logging.getLogger(__name__)


def save_variant(checkpoint: Checkpoint, variant: Variant, root: Path) -> tuple[Path, Sizes]:
    """Build a variant and save it; a folder that is there already is replaced when the new one is whole.

    Raises:
        VariantError, CheckpointError: as `build`.
        OutputError: the folder cannot be written.
    """
    built = build(checkpoint, variant)
    target = artifact_folder(checkpoint, variant, root)
    with whole_folder(target) as folder:
        shapes, sizes = _save(built, folder)
        write_manifest(folder, checkpoint, variant, shapes, sizes)
    return target, sizes


def load_variant(checkpoint: Checkpoint, variant: Variant, root: Path) -> Built:
    """The saved variant.

    Raises:
        ArtifactError: there is none, or it is broken, out of date or another checkpoint's; the message says which.
    """
    folder = artifact_folder(checkpoint, variant, root)
    manifest = read_manifest(folder, checkpoint, variant)
    check_files(folder, manifest)
    try:
        if manifest.shapes is None:
            import_networks()
            from speecht5_demo.variants.module_files import load_modules

            return load_modules(checkpoint, folder)
        return load_weights(folder, manifest.shapes)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OSError) as error:
        raise refusal(folder, f"its contents cannot be read ({error})") from error


def built_variant(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> Built:
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


def variant_sizes(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> Sizes:
    """Sizes of a variant: of its artifact, or as they were kept when they were last measured, or measured now.

    Measuring builds the variant anew and saves it to a temporary folder: seconds for a small checkpoint, most of a
    minute for a full-size one.

    Raises:
        VariantError, CheckpointError: as `build`.
    """
    root = default_root() if root is None else root
    if is_saved(checkpoint, variant, root):
        try:
            return read_manifest(artifact_folder(checkpoint, variant, root), checkpoint, variant).sizes
        except ArtifactError as error:
            _log.info("sizes are measured anew: %s", error)
    kept = kept_sizes(checkpoint, variant)
    if kept is not None:
        return kept
    sizes = measured_sizes(build(checkpoint, variant))
    keep_sizes(checkpoint, variant, sizes)
    return sizes


def measured_sizes(built: Built) -> Sizes:
    """Save what was built to a temporary folder, measure it, and remove it again."""
    with tempfile.TemporaryDirectory(prefix="speecht5-sizes-") as folder:
        return _save(built, Path(folder))[1]


def _save(built: Built, folder: Path) -> tuple[Shapes | None, Sizes]:
    """Write the files; returns what the manifest has to say for them to be read, and how large they are."""
    shapes: Shapes | None
    match built:
        case Modules():
            from speecht5_demo.variants.module_files import save_modules

            save_modules(built, folder)
            shapes = None
        case TurboWeights():
            shapes = save_weights(built, folder)
        case _:
            assert_never(built)
    return shapes, sizes_of(folder, built.counts())
