"""What lies beside the files of a saved variant and says what they are; a folder that does not fit is refused.

    ROOT/NAME-DIGEST/manifest.json   recipe, source, versions, shapes, sizes, and a digest of each file

A folder is trusted only when all of it fits: the recipe asked for, the checkpoint asked for, and every byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import TypeAdapter, ValidationError

from speecht5_demo import __version__
from speecht5_demo.checkpoints.weight_files import hash_file
from speecht5_demo.errors import ArtifactError
from speecht5_demo.sizes import Sizes
from speecht5_demo.variants.recipe import Variant

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint

FORMAT = 102
"""Raised when what the files mean changes."""
MANIFEST_FILE = "manifest.json"
ACOUSTIC_FILE, VOCODER_FILE = "acoustic.safetensors", "vocoder.safetensors"
FILES = (ACOUSTIC_FILE, VOCODER_FILE)

Shapes: TypeAlias = Mapping[str, Mapping[str, object]]
"""Fields of the shapes of folded networks, `acoustic` and `vocoder`."""


@dataclass(frozen=True)
class FileContent:
    """What a file has to hold: so many bytes, of this SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Origin:
    """The checkpoint that a variant was made from."""

    title: str
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What manifest.json says.

    Attributes:
        format: of the folder.
        variant: name.
        recipe: the steps.
        checkpoint: what it was made from.
        versions: of the libraries that made it.
        shapes: of folded networks; None of modules, whose shapes are the checkpoint's.
        sizes: of the variant.
        files: by name.
    """

    format: int
    variant: str
    recipe: list[dict[str, object]]
    checkpoint: Origin
    versions: dict[str, str]
    shapes: Shapes | None
    sizes: Sizes
    files: dict[str, FileContent]


def default_root() -> Path:
    """Where artifacts lie: `ARTIFACTS_DIR`, else `artifacts` in the working folder."""
    return Path(os.environ.get("ARTIFACTS_DIR") or "artifacts")


def artifact_folder(checkpoint: Checkpoint, variant: Variant, root: Path) -> Path:
    """The folder of this variant of this checkpoint, whether it exists or not."""
    return root / f"{variant.name}-{checkpoint.digest[:16]}"


def is_saved(checkpoint: Checkpoint, variant: Variant, root: Path) -> bool:
    """Whether there is a folder of this variant; the checkpoint is hashed only where one is likely."""
    return any(root.glob(f"{variant.name}-*")) and artifact_folder(checkpoint, variant, root).exists()


def write_manifest(
    folder: Path, checkpoint: Checkpoint, variant: Variant, shapes: Shapes | None, sizes: Sizes
) -> None:
    """Describe the files that lie in `folder`.

    Args:
        folder: of the files.
        checkpoint, variant: what they were made from, and how.
        shapes, sizes: of what is in them.
    """
    manifest = Manifest(
        format=FORMAT,
        variant=variant.name,
        recipe=recipe_json(variant),
        checkpoint=Origin(checkpoint.title, checkpoint.digest),
        versions={
            "speecht5_demo": __version__,
            **{name: version(name) for name in ("torch", "transformers", "safetensors")},
        },
        shapes=shapes,
        sizes=sizes,
        files={name: FileContent((folder / name).stat().st_size, hash_file(folder / name)) for name in FILES},
    )
    (folder / MANIFEST_FILE).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path, checkpoint: Checkpoint, variant: Variant) -> Manifest:
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
    try:
        return TypeAdapter(Manifest).validate_python(manifest)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise refusal(folder, f"{field} in {MANIFEST_FILE} is not what it has to be") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise an `ArtifactError` unless every file is there as it was written."""
    for name in FILES:
        path, expected = folder / name, manifest.files.get(name)
        if expected is None or not path.is_file():
            raise refusal(folder, f"{name} is missing")
        if path.stat().st_size != expected.bytes:
            raise refusal(folder, f"{name} has {path.stat().st_size} of {expected.bytes} bytes")
        if hash_file(path) != expected.sha256:
            raise refusal(folder, f"{name} is damaged")


def recipe_json(variant: Variant) -> list[dict[str, object]]:
    """The steps as JSON keeps them."""
    steps = [{"step": type(step).__name__, **asdict(step)} for step in variant.steps]
    plain: list[dict[str, object]] = json.loads(json.dumps(steps))
    return plain


def refusal(folder: Path, why: str) -> ArtifactError:
    """The error of a folder that is not used."""
    return ArtifactError(
        f"The saved variant in {folder} is not used: {why}. Save it again with `variants build`."
    )
