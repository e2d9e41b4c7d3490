"""Where a Whisper checkpoint in CTranslate2's form is: in the hub's cache, on the hub, in a package or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

from speecht5_demo.checkpoints.hub_ids import is_hub_id
from speecht5_demo.checkpoints.weight_files import hash_file
from speecht5_demo.errors import QualityError
from speecht5_demo.hub import HubError, ask_hub
from speecht5_demo.quality.libraries import Library

TINY = "Systran/faster-whisper-tiny.en"
TINY_REVISION = "0d3d19a32d3338f10357c0889762bd8d64bbdeba"
TINY_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
MODEL = "model.bin"
NEEDED = ("config.json", "tokenizer.json", MODEL)
WANTED = ("vocabulary.txt", "vocabulary.json", "preprocessor_config.json", *NEEDED)
"""Files of a checkpoint, the model last, so that a folder that has it is a whole one."""


@dataclass(frozen=True)
class Weights:
    """A recogniser's files.

    Attributes:
        folder: that holds them.
        source: for result files: the hub's id and revision, a package and its version, or a folder.
        sha256: of the model file.
    """

    folder: Path
    source: str
    sha256: str


def tiny_weights(package: Library) -> Weights:
    """Whisper tiny.en: from the hub's cache, else from the hub where it answers, else from `package`.

    Raises:
        QualityError: when neither has it, or the file is not the one that it should be.
    """
    found = _cached(TINY, TINY_REVISION)
    source = f"{TINY}@{TINY_REVISION}"
    if found is None:
        try:
            found = ask_hub(lambda: _download(TINY, TINY_REVISION), wanted=TINY)
        except HubError:
            module = package.load(f"Whisper tiny.en, which the hub does not give here ({TINY}),")
            found = Path(str(module.__file__)).parent / "model"
            source = f"{package.title} {package.version()}"
    digest = hash_file(found / MODEL)
    if digest != TINY_SHA256:
        raise QualityError(
            f"{found / MODEL} is not the Whisper tiny.en that figures are made with: its SHA-256 starts with "
            f"{digest[:12]}, not {TINY_SHA256[:12]}. Delete it and run this again."
        )
    return Weights(found, source, digest)


def other_weights(name: str) -> Weights | None:
    """The CTranslate2 checkpoint called `name`, a folder or a hub id, or None where it is of another kind."""
    folder = Path(name)
    if folder.is_dir():
        return Weights(folder, name, hash_file(folder / MODEL)) if (folder / MODEL).is_file() else None
    if not is_hub_id(name):
        return None
    identity, _, revision = name.partition("@")
    found = _cached(identity, revision or "main")
    if found is None:
        try:
            found = ask_hub(lambda: _download(identity, revision or "main"), wanted=identity)
        except HubError:
            return None  # transformers may have it, and says what is wrong where it has not
    return Weights(found, f"{identity}@{found.name}", hash_file(found / MODEL))


def _cached(identity: str, revision: str) -> Path | None:
    paths = [try_to_load_from_cache(identity, name, revision=revision) for name in NEEDED]
    known = [Path(path) for path in paths if isinstance(path, str)]
    return known[-1].parent if len(known) == len(NEEDED) else None


def _download(identity: str, revision: str) -> Path:
    offered = {file.rfilename for file in HfApi().model_info(identity, revision=revision).siblings or []}
    if MODEL not in offered:
        raise HubError(f"{identity} has no {MODEL}.")
    paths = [hf_hub_download(identity, name, revision=revision) for name in WANTED if name in offered]
    return Path(paths[-1]).parent
