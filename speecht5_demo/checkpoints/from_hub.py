"""Published checkpoints, through the hub's own library and cache.

What is whole in the cache is used as it is and costs no request; otherwise it is downloaded once. A file
counts as downloaded only when its SHA-256 is the one that the hub announced.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

from speecht5_demo.checkpoints.checkpoint import Checkpoint
from speecht5_demo.checkpoints.folder import DEFAULT_LIMITS, TOKENIZER_FILE, assemble, require_pieces
from speecht5_demo.checkpoints.weights import WEIGHT_FILES, hash_file
from speecht5_demo.hub import HubError, ask_hub
from speecht5_demo.speakers import arctic_speakers

PUBLISHED = "microsoft/speecht5_tts"
PUBLISHED_VOCODER = "microsoft/speecht5_hifigan"

TOKENIZER_FILES = (TOKENIZER_FILE, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")

_HUB_ID = re.compile(r"(?P<id>[\w-][\w.-]*/[\w-][\w.-]*)(?:@(?P<revision>[\w.-]+))?")


@dataclass(frozen=True)
class Repository:
    """A model repository at one revision.

    Attributes:
        id: owner and name, such as `microsoft/speecht5_tts`.
        revision: a branch, a tag or a commit.
        files: small files to fetch where it has them, before the weights; the first of them it must have.
    """

    id: str
    revision: str
    files: tuple[str, ...]

    def cached(self) -> Path | None:
        """The folder in the hub's cache, when the weights and all that is needed beside them lie there."""
        weights = next(filter(None, map(self._cached_file, WEIGHT_FILES)), None)
        needed = [file for file in ("config.json", TOKENIZER_FILE) if file in self.files]
        if weights is None or not all((weights.parent / file).is_file() for file in needed):
            return None
        return weights.parent

    def _cached_file(self, name: str) -> Path | None:
        path = try_to_load_from_cache(self.id, name, revision=self.revision)
        return Path(path) if isinstance(path, str) else None

    def download(self) -> Path:
        """Fetch the files, weights last, so that a folder with weights is a whole one; return the folder."""
        offered = {
            file.rfilename for file in HfApi().model_info(self.id, revision=self.revision).siblings or []
        }
        weights = next((name for name in WEIGHT_FILES if name in offered), None)
        lacking = [
            name for name in ("config.json", TOKENIZER_FILE) if name in self.files and name not in offered
        ]
        if weights is None or lacking:
            missing = ", ".join(lacking) or " or ".join(WEIGHT_FILES)
            raise HubError(
                f"{self.id} has no {missing}. Choose the id of a SpeechT5 text-to-speech checkpoint."
            )
        for name in self.files:
            if name in offered:
                hf_hub_download(self.id, name, revision=self.revision)
        path = Path(hf_hub_download(self.id, weights, revision=self.revision))
        _require_announced_content(path)
        return path.parent


def is_hub_id(spec: str) -> bool:
    """Whether `spec` reads as OWNER/NAME or OWNER/NAME@REVISION."""
    return _HUB_ID.fullmatch(spec) is not None


def acoustic_repository(spec: str) -> Repository:
    """The acoustic model's repository, which also holds the tokenizer."""
    return _repository(spec, ("config.json", *TOKENIZER_FILES))


def vocoder_repository(spec: str) -> Repository:
    """The vocoder's repository."""
    return _repository(spec, ("config.json",))


def fetch(repository: Repository) -> Path:
    """A folder on this machine with the repository's files.

    Raises:
        HubError: when they are not in the cache and cannot be downloaded.
    """
    return repository.cached() or ask_hub(repository.download, wanted=repository.id)


def published_is_cached() -> bool:
    """Whether the published model and its vocoder are on this machine."""
    return bool(acoustic_repository(PUBLISHED).cached() and vocoder_repository(PUBLISHED_VOCODER).cached())


def open_from_hub(spec: str, find_vocoder: Callable[[], Path]) -> Checkpoint:
    """The published checkpoint `spec`, with the CMU ARCTIC speakers.

    Args:
        find_vocoder: gives the vocoder's folder; called after the acoustic model was found, so that a wrong
        id or an
            absent hub is reported for the model that was asked for.

    Raises:
        CheckpointError: when a piece is neither cached nor to be had, or is broken.
        SpeakerError: when the speakers' data set is not what it was.
    """
    repository = acoustic_repository(spec)
    folder = fetch(repository)
    vocoder = find_vocoder()
    require_pieces(spec, acoustic=folder, vocoder=vocoder, tokenizer=folder)
    return assemble(
        spec=spec,
        title=repository.id,
        notice=f"{repository.id} speaks, the model as it was published.",
        acoustic=folder,
        vocoder=vocoder,
        tokenizer=folder,
        speakers=arctic_speakers(),
        limits=DEFAULT_LIMITS,
    )


def _repository(spec: str, files: tuple[str, ...]) -> Repository:
    match = _HUB_ID.fullmatch(spec)
    if match is None:
        raise HubError(f"{spec!r} is not a hub id. Write OWNER/NAME, such as {PUBLISHED}.")
    return Repository(match["id"], match["revision"] or "main", files)


def _require_announced_content(path: Path) -> None:
    """Delete a downloaded file whose content is not what the hub announced, and say so."""
    blob = path.resolve()
    if not re.fullmatch(r"[0-9a-f]{64}", blob.name) or hash_file(blob) == blob.name:
        return
    path.unlink()
    blob.unlink(missing_ok=True)
    raise HubError(f"{path.name} arrived damaged and was deleted. Start the download again.")
