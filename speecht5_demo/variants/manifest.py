"""What lies beside the files of a saved variant and says what they are; a folder that does not fit is refused.

    ROOT/NAME-DIGEST/manifest.json   recipe, source, versions, shapes, sizes, and a digest of each file

A folder is trusted only when all of it fits: the recipe asked for, the checkpoint asked for, and every byte.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speecht5_demo import __version__
from speecht5_demo.errors import ArtifactError
from speecht5_demo.variants.recipe import Variant

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint

FORMAT = 102
"""Raised when what the files mean changes."""
MANIFEST_FILE = "manifest.json"
ACOUSTIC_FILE, VOCODER_FILE = "acoustic.safetensors", "vocoder.safetensors"
FILES = (ACOUSTIC_FILE, VOCODER_FILE)


def default_root() -> Path:
    """Where artifacts lie: `ARTIFACTS_DIR`, else `artifacts` in the working folder."""
    return Path(os.environ.get("ARTIFACTS_DIR") or "artifacts")


def artifact_folder(checkpoint: Checkpoint, variant: Variant, root: Path) -> Path:
    """The folder of this variant of this checkpoint, whether it exists or not."""
    return root / f"{variant.name}-{checkpoint.digest[:16]}"


def is_saved(checkpoint: Checkpoint, variant: Variant, root: Path) -> bool:
    """Whether there is a folder of this variant; the checkpoint is hashed only where one is likely."""
    return any(root.glob(f"{variant.name}-*")) and artifact_folder(checkpoint, variant, root).exists()


def write_manifest(folder: Path, checkpoint: Checkpoint, variant: Variant, contents: dict[str, Any]) -> None:
    """Describe the files that lie in `folder`.

    Args:
        folder: of the files.
        checkpoint, variant: what they were made from, and how.
        contents: what else a reader needs.
    """
    manifest = {
        "format": FORMAT,
        "variant": variant.name,
        "recipe": recipe_json(variant),
        "checkpoint": {"title": checkpoint.title, "digest": checkpoint.digest},
        "versions": {
            "speecht5_demo": __version__,
            **{name: version(name) for name in ("torch", "transformers", "safetensors")},
        },
        **contents,
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": _digest(folder / name)}
            for name in FILES
        },
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path, checkpoint: Checkpoint, variant: Variant) -> dict[str, Any]:
    """The manifest of a folder that was made of this checkpoint by this recipe.

    Raises:
        ArtifactError: it was not; the message says why.
    """
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(folder, f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise refusal(folder, f"{MANIFEST_FILE} is not valid JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise refusal(folder, f"it is of format {found}, this version reads {FORMAT}")
    digest = (manifest.get("checkpoint") or {}).get("digest")
    if digest != checkpoint.digest:
        raise refusal(folder, f"it was made from another checkpoint ({str(digest)[:12]}…)")
    if manifest.get("recipe") != recipe_json(variant):
        raise refusal(folder, f"it was made by another recipe of the name {variant.name}")
    return manifest


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise an `ArtifactError` unless every file is there as it was written."""
    for name in FILES:
        path, expected = folder / name, (manifest.get("files") or {}).get(name) or {}
        if not path.is_file():
            raise refusal(folder, f"{name} is missing")
        if path.stat().st_size != expected.get("bytes"):
            raise refusal(folder, f"{name} has {path.stat().st_size} of {expected.get('bytes')} bytes")
        if _digest(path) != expected.get("sha256"):
            raise refusal(folder, f"{name} is damaged")


def recipe_json(variant: Variant) -> list[dict[str, Any]]:
    """The steps as JSON keeps them."""
    steps = [{"step": type(step).__name__, **asdict(step)} for step in variant.steps]
    plain: list[dict[str, Any]] = json.loads(json.dumps(steps))
    return plain


def refusal(folder: Path, why: str) -> ArtifactError:
    """The error of a folder that is not used."""
    return ArtifactError(
        f"The saved variant in {folder} is not used: {why}. Save it again with `variants build`."
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
