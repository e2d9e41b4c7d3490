"""Published checkpoints, through the hub's own library and cache.

What is whole in the cache is used as it is and costs no request; otherwise it is downloaded once. A file
counts as downloaded only when its SHA-256 is the one that the hub announced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

from speecht5_demo.checkpoints.checkpoint import Checkpoint
from speecht5_demo.checkpoints.folder import (
    DEFAULT_LIMITS,
    FolderSource,
    assemble,
    require_pieces,
    vector_size,
)
from speecht5_demo.checkpoints.hub_ids import HUB_ID, PUBLISHED, PUBLISHED_VOCODER
from speecht5_demo.checkpoints.language import language_of
from speecht5_demo.checkpoints.tokenizer import TOKENIZER_FILE, TOKENIZER_FILES
from speecht5_demo.checkpoints.weight_files import INDEX_ENDING, WEIGHT_FILES, hash_file
from speecht5_demo.hub import HubError, ask_hub
from speecht5_demo.messages import Message
from speecht5_demo.speakers import VECTOR_SIZE, Speaker, arctic_speakers
from speecht5_demo.speakers.files import read_speakers

_SPEAKER = re.compile(r"speakers/(?:[^/]+\.npy|labels\.json)")
_MOST_SPEAKERS = 1_000


@dataclass(frozen=True)
class Repository:
    """A model repository at one revision.

    Attributes:
        id: owner and name, such as `microsoft/speecht5_tts`.
        revision: a branch, a tag or a commit.
        files: small files to fetch where it has them, before the weights; config.json and the tokenizer's file it
            must have where they are among them.
        with_speakers: whether its `speakers/` are fetched as well, where it has some of its own.
    """

    id: str
    revision: str
    files: tuple[str, ...]
    with_speakers: bool = False

    def cached(self) -> Path | None:
        """The folder in the hub's cache, when all weights and all that is needed beside them lie there."""
        for name in WEIGHT_FILES:
            for weights in (name, f"{name}{INDEX_ENDING}"):
                found = try_to_load_from_cache(self.id, weights, revision=self.revision)
                if isinstance(found, str) and self._is_whole(Path(found)):
                    return Path(found).parent
        return None

    def _is_whole(self, weights: Path) -> bool:
        needed = [file for file in ("config.json", TOKENIZER_FILE) if file in self.files]
        shards = _shards(weights) if weights.name.endswith(INDEX_ENDING) else []
        return all((weights.parent / file).is_file() for file in [*needed, *shards])

    def download(self) -> Path:
        """Fetch the files, weights last, so that a folder with weights is a whole one; return the folder."""
        offered = {
            file.rfilename for file in HfApi().model_info(self.id, revision=self.revision).siblings or []
        }
        choices = [name for plain in WEIGHT_FILES for name in (plain, f"{plain}{INDEX_ENDING}")]
        weights = next((name for name in choices if name in offered), None)
        lacking = [
            name for name in ("config.json", TOKENIZER_FILE) if name in self.files and name not in offered
        ]
        if weights is None or lacking:
            missing = ", ".join(lacking) or " or ".join(WEIGHT_FILES)
            raise HubError(
                f"{self.id} has no {missing}. Choose the id of a SpeechT5 text-to-speech checkpoint."
            )
        own = sorted(name for name in offered if _SPEAKER.fullmatch(name)) if self.with_speakers else []
        if len(own) > _MOST_SPEAKERS:
            raise HubError(
                f"{self.id} has {len(own)} speakers; at most {_MOST_SPEAKERS} are fetched. Download it first."
            )
        for name in (*self.files, *own):
            if name in offered:
                self._fetch(name)
        path = self._fetch(weights)
        for shard in _shards(path) if weights.endswith(INDEX_ENDING) else ():
            self._fetch(shard)
        return path.parent

    def _fetch(self, name: str) -> Path:
        path = Path(hf_hub_download(self.id, name, revision=self.revision))
        _require_announced_content(path)
        return path


def _shards(index: Path) -> list[str]:
    """Names of the files that an index lists."""
    try:
        listed: Iterable[object] = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({str(name) for name in listed})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HubError(f"{index.name} is not a list of shards. Choose another checkpoint.") from error


def acoustic_repository(spec: str) -> Repository:
    """The acoustic model's repository, which also holds the tokenizer."""
    return _repository(spec, ("config.json", *TOKENIZER_FILES), with_speakers=True)


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
    """The published checkpoint `spec`, with its own speakers, else CMU ARCTIC's where their vectors fit it.

    Args:
        spec: a hub id.
        find_vocoder: gives the vocoder's folder; called after the acoustic model was found, so that a wrong id or an
            absent hub is reported for the model that was asked for.

    Raises:
        CheckpointError: when a piece is neither cached nor to be had, or is broken.
        SpeakerError: a speaker of its own is unusable, or the speakers' data set is not what it was.
    """
    repository = acoustic_repository(spec)
    folder = fetch(repository)
    vocoder = find_vocoder()
    require_pieces(spec, acoustic=folder, vocoder=vocoder, tokenizer=folder)
    return assemble(
        spec=spec,
        title=repository.id,
        notice=Message("{model} speaks, the model as it was published.", model=repository.id),
        source=FolderSource(folder, vocoder, folder),
        speakers=_speakers(folder),
        limits=DEFAULT_LIMITS,
        language=language_of(folder),
    )


def _speakers(folder: Path) -> Mapping[str, Speaker]:
    size, own = vector_size(folder), folder / "speakers"
    if own.is_dir():
        return read_speakers(own, size)
    return arctic_speakers() if size == VECTOR_SIZE else {}


def _repository(spec: str, files: tuple[str, ...], with_speakers: bool = False) -> Repository:
    match = HUB_ID.fullmatch(spec)
    if match is None:
        raise HubError(f"{spec!r} is not a hub id. Write OWNER/NAME, such as {PUBLISHED}.")
    return Repository(match["id"], match["revision"] or "main", files, with_speakers)


def _require_announced_content(path: Path) -> None:
    """Delete a downloaded file whose content is not what the hub announced, and say so."""
    blob = path.resolve()
    if not re.fullmatch(r"[0-9a-f]{64}", blob.name) or hash_file(blob) == blob.name:
        return
    path.unlink()
    blob.unlink(missing_ok=True)
    raise HubError(f"{path.name} arrived damaged and was deleted. Start the download again.")
