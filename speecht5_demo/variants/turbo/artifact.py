"""Turbo variants on disk: saved once, then started from without the fp32 model ever existing.

ROOT/NAME-DIGEST/acoustic.safetensors   folded weights, integers where the recipe says so
ROOT/NAME-DIGEST/vocoder.safetensors
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import ArtifactError
from speecht5_demo.files import whole_folder
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
from speecht5_demo.variants.sizes import Sizes
from speecht5_demo.variants.turbo.build import build_turbo, measure_turbo, save_weights, sizes_of
from speecht5_demo.variants.turbo.files import LinearFile, TensorFile
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape

FORMAT = 1
"""Raised when what the files mean changes."""
_log = logging.getLogger(__name__)


def save_artifact(checkpoint: Checkpoint, variant: Variant, root: Path) -> Path:
    """Build the variant and save it; a folder that is there already is replaced when the new one is whole.

    Raises:
        VariantError, CheckpointError: as `build_turbo`.
        OutputError: the folder cannot be written.
    """
    weights = build_turbo(checkpoint, variant)
    target = artifact_folder(checkpoint, variant, root)
    with whole_folder(target) as folder:
        save_weights(weights, folder)
        contents = {
            "acoustic": asdict(weights.shape),
            "vocoder": asdict(weights.vocoder),
            "sizes": asdict(sizes_of(weights, folder)),
        }
        write_manifest(folder, FORMAT, checkpoint, variant, contents)
    return target


def load_artifact(checkpoint: Checkpoint, variant: Variant, root: Path) -> TurboWeights:
    """The saved variant; its linear layers stay on disk until an engine packs them one by one.

    Raises:
        ArtifactError: there is none, or it is broken, out of date or another checkpoint's; the message says which.
    """
    folder = artifact_folder(checkpoint, variant, root)
    manifest = read_manifest(folder, FORMAT, checkpoint, variant)
    check_files(folder, manifest)
    try:
        acoustic, vocoder = TensorFile(folder / ACOUSTIC_FILE), TensorFile(folder / VOCODER_FILE)
        return TurboWeights(
            shape=AcousticShape(**manifest["acoustic"]),
            vocoder=VocoderShape(**_tuples(manifest["vocoder"])),
            linears=LinearFile(acoustic),
            tensors={name: file[name] for file in (acoustic, vocoder) for name in file if _is_plain(name)},
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise refusal(folder, f"its contents cannot be read ({error})") from error


def turbo_weights(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> TurboWeights:
    """The saved variant where there is a good one, else a fresh build. One that is refused is rebuilt, and says why.

    Raises:
        VariantError, CheckpointError: as `build_turbo`.
    """
    root = default_root() if root is None else root
    if not is_saved(checkpoint, variant, root):
        return build_turbo(checkpoint, variant)
    try:
        return load_artifact(checkpoint, variant, root)
    except ArtifactError as error:
        _log.warning("%s It is being rebuilt.", error)
    save_artifact(checkpoint, variant, root)
    return load_artifact(checkpoint, variant, root)


def turbo_sizes(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> Sizes:
    """Sizes of a variant: from its artifact's manifest, else of a fresh build that is saved and removed again."""
    root = default_root() if root is None else root
    if is_saved(checkpoint, variant, root):
        folder = artifact_folder(checkpoint, variant, root)
        try:
            return Sizes(**read_manifest(folder, FORMAT, checkpoint, variant)["sizes"])
        except (ArtifactError, KeyError, TypeError):
            _log.info("no sizes in %s", folder)
    return measure_turbo(build_turbo(checkpoint, variant))


def _is_plain(name: str) -> bool:
    return not name.startswith("linear.")


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples they were."""

    def tuples(value: Any) -> Any:
        return tuple(tuples(item) for item in value) if isinstance(value, list) else value

    return {name: tuples(value) for name, value in values.items()}
