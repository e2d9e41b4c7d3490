"""Turbo variants on disk: saved once, then started from without the fp32 model ever existing.

    ROOT/NAME-DIGEST/manifest.json          recipe, source, versions, shapes, sizes, and a digest of each file
    ROOT/NAME-DIGEST/acoustic.safetensors   folded weights, integers where the recipe says so
    ROOT/NAME-DIGEST/vocoder.safetensors

A folder is trusted only when all of it fits: the recipe asked for, the checkpoint asked for, and every byte.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from speecht5_demo import __version__
from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import ArtifactError
from speecht5_demo.variants.recipe import Variant
from speecht5_demo.variants.sizes import Sizes
from speecht5_demo.variants.turbo.build import (
    ACOUSTIC_FILE,
    VOCODER_FILE,
    build_turbo,
    measure_turbo,
    save_weights,
    sizes_of,
)
from speecht5_demo.variants.turbo.files import LinearFile, TensorFile
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape

FORMAT = 1
"""Raised when what the files mean changes."""
MANIFEST_FILE = "manifest.json"
_log = logging.getLogger(__name__)


def default_root() -> Path:
    """Where artifacts lie: `ARTIFACTS_DIR`, else `artifacts` in the working folder."""
    return Path(os.environ.get("ARTIFACTS_DIR") or "artifacts")


def artifact_folder(checkpoint: Checkpoint, variant: Variant, root: Path) -> Path:
    """The folder of this variant of this checkpoint, whether it exists or not."""
    return root / f"{variant.name}-{checkpoint.digest[:16]}"


def save_artifact(checkpoint: Checkpoint, variant: Variant, root: Path) -> Path:
    """Build the variant and save it; a folder that is there already is replaced when the new one is whole.

    Raises:
        VariantError, CheckpointError: as `build_turbo`.
        ArtifactError: the folder cannot be written.
    """
    weights = build_turbo(checkpoint, variant)
    target = artifact_folder(checkpoint, variant, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=root) as made:
            folder = Path(made) / target.name
            folder.mkdir()
            save_weights(weights, folder)
            manifest = _manifest(checkpoint, variant, weights, folder)
            (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            if target.exists():
                target.rename(Path(made) / "replaced")
            folder.rename(target)
    except OSError as error:
        raise ArtifactError(f"Cannot save {target}: {error.strerror}. Choose another folder.") from error
    return target


def load_artifact(checkpoint: Checkpoint, variant: Variant, root: Path) -> TurboWeights:
    """The saved variant; its linear layers stay on disk until an engine packs them one by one.

    Raises:
        ArtifactError: there is none, or it is broken, out of date or another checkpoint's; the message says which.
    """
    folder = artifact_folder(checkpoint, variant, root)
    manifest = _read_manifest(folder)
    _check_origin(folder, manifest, checkpoint, variant)
    for name in (ACOUSTIC_FILE, VOCODER_FILE):
        _check_file(folder / name, manifest["files"])
    try:
        acoustic, vocoder = TensorFile(folder / ACOUSTIC_FILE), TensorFile(folder / VOCODER_FILE)
        return TurboWeights(
            shape=AcousticShape(**manifest["acoustic"]),
            vocoder=VocoderShape(**_tuples(manifest["vocoder"])),
            linears=LinearFile(acoustic),
            tensors={name: file[name] for file in (acoustic, vocoder) for name in file if _is_plain(name)},
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise _refusal(folder, f"its contents cannot be read ({error})") from error


def turbo_weights(checkpoint: Checkpoint, variant: Variant, root: Path | None = None) -> TurboWeights:
    """The saved variant where there is a good one, else a fresh build. One that is refused is rebuilt, and says why.

    Raises:
        VariantError, CheckpointError: as `build_turbo`.
    """
    root = default_root() if root is None else root
    if not any(root.glob(f"{variant.name}-*")) or not artifact_folder(checkpoint, variant, root).exists():
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
    if any(root.glob(f"{variant.name}-*")):
        folder = artifact_folder(checkpoint, variant, root)
        try:
            manifest = _read_manifest(folder)
            _check_origin(folder, manifest, checkpoint, variant)
            return Sizes(**manifest["sizes"])
        except (ArtifactError, KeyError, TypeError):
            _log.info("no sizes in %s", folder)
    return measure_turbo(build_turbo(checkpoint, variant))


def _manifest(
    checkpoint: Checkpoint, variant: Variant, weights: TurboWeights, folder: Path
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "variant": variant.name,
        "recipe": _recipe(variant),
        "checkpoint": {"title": checkpoint.title, "digest": checkpoint.digest},
        "versions": {
            "speecht5_demo": __version__,
            **{name: version(name) for name in ("torch", "transformers", "safetensors")},
        },
        "acoustic": asdict(weights.shape),
        "vocoder": asdict(weights.vocoder),
        "sizes": asdict(sizes_of(weights, folder)),
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": _digest(folder / name)}
            for name in (ACOUSTIC_FILE, VOCODER_FILE)
        },
    }


def _recipe(variant: Variant) -> list[dict[str, Any]]:
    """The steps as JSON keeps them."""
    steps = [{"step": type(step).__name__, **asdict(step)} for step in variant.steps]
    plain: list[dict[str, Any]] = json.loads(json.dumps(steps))
    return plain


def _is_plain(name: str) -> bool:
    return not name.startswith("linear.")


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples they were."""

    def tuples(value: Any) -> Any:
        return tuple(tuples(item) for item in value) if isinstance(value, list) else value

    return {name: tuples(value) for name, value in values.items()}


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise _refusal(folder, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _refusal(folder, f"{MANIFEST_FILE} is not valid JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise _refusal(folder, f"it is of format {found}, this version reads {FORMAT}")
    return manifest


def _check_origin(folder: Path, manifest: dict[str, Any], checkpoint: Checkpoint, variant: Variant) -> None:
    digest = (manifest.get("checkpoint") or {}).get("digest")
    if digest != checkpoint.digest:
        raise _refusal(folder, f"it was made from another checkpoint ({str(digest)[:12]}…)")
    if manifest.get("recipe") != _recipe(variant):
        raise _refusal(folder, f"it was made by another recipe of the name {variant.name}")


def _check_file(path: Path, files: dict[str, Any]) -> None:
    expected = files.get(path.name) or {}
    if not path.is_file():
        raise _refusal(path.parent, f"{path.name} is missing")
    if path.stat().st_size != expected.get("bytes"):
        raise _refusal(path.parent, f"{path.name} has {path.stat().st_size} of {expected.get('bytes')} bytes")
    if _digest(path) != expected.get("sha256"):
        raise _refusal(path.parent, f"{path.name} is damaged")


def _refusal(folder: Path, why: str) -> ArtifactError:
    return ArtifactError(
        f"The saved variant in {folder} is not used: {why}. Save it again with `variants build`."
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
