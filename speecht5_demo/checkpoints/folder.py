"""A checkpoint in a folder: the built-in voice, a copy of a published model, or one of your own.

    FOLDER/                    processor: spm_char.model, tokenizer_config.json
        model/                 acoustic model as `save_pretrained` leaves it; may also lie in FOLDER itself
        vocoder/               vocoder as `save_pretrained` leaves it
        speakers/NAME.npy      one x-vector each; labels.json: their order and labels to show
        speaking.json          optional: {"max_characters": ..., "max_length_ratio": ..., "language": ...,
                               "speaker_encoder": "resemblyzer", or an x-vector checkpoint of transformers}

A folder without speakers/ speaks with the CMU ARCTIC speakers where their vectors fit the model and are to be had,
and always with a file of one's own; the hub is asked only when somebody asks for a speaker by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from speecht5_demo.checkpoints.checkpoint import Checkpoint, SpeakingLimits
from speecht5_demo.checkpoints.configs import (
    ACOUSTIC,
    VOCODER,
    made_config,
    read_config,
    require_matching,
    size_in,
)
from speecht5_demo.checkpoints.language import language_of
from speecht5_demo.checkpoints.tokenizer import TOKENIZER_FILE, known_letters, read_tokenizer
from speecht5_demo.checkpoints.weight_files import (
    WEIGHT_FILES,
    find_weights,
    held_instead,
    require_whole,
    weights_in,
)
from speecht5_demo.errors import CheckpointError, SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.speakers import VECTOR_SIZE, Speaker, arctic_speakers, read_speakers

if TYPE_CHECKING:
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

DEFAULT_LIMITS = SpeakingLimits(max_characters=180, max_length_ratio=20)
"""Of the published model, whose 1,876 frames hold 188 tokens at 20 frames a token."""


@dataclass(frozen=True)
class FolderSource:
    """Two networks and a tokenizer, each in a folder as `save_pretrained` leaves it."""

    acoustic: Path
    vocoder: Path
    tokenizer_folder: Path

    def tokenizer(self) -> SpeechT5Tokenizer:
        """Text to ids."""
        return read_tokenizer(self.tokenizer_folder)

    def acoustic_config(self) -> SpeechT5Config:
        """What the acoustic model's config.json says."""
        from transformers import SpeechT5Config

        return made_config(SpeechT5Config, read_config(self.acoustic, ACOUSTIC), self.acoustic)

    def vocoder_config(self) -> SpeechT5HifiGanConfig:
        """What the vocoder's config.json says."""
        from transformers import SpeechT5HifiGanConfig

        return made_config(SpeechT5HifiGanConfig, read_config(self.vocoder, VOCODER), self.vocoder)

    def digest(self) -> str:
        """SHA-256 over the SHA-256 of both networks' files."""
        both = f"{weights_in(self.acoustic).digest()} {weights_in(self.vocoder).digest()}"
        return hashlib.sha256(both.encode()).hexdigest()

    def load_acoustic(self) -> SpeechT5ForTextToSpeech:
        """A new acoustic model from the files."""
        from transformers import SpeechT5ForTextToSpeech

        from speecht5_demo.checkpoints.loading import load_network

        return load_network(SpeechT5ForTextToSpeech, self.acoustic_config(), weights_in(self.acoustic))

    def load_vocoder(self) -> SpeechT5HifiGan:
        """A new vocoder from the files."""
        from transformers import SpeechT5HifiGan

        from speecht5_demo.checkpoints.loading import load_network

        return load_network(SpeechT5HifiGan, self.vocoder_config(), weights_in(self.vocoder))


class SpeakersWhenAsked(Mapping[str, Speaker]):
    """The CMU ARCTIC speakers, looked for when somebody asks for one: a file of one's own needs no hub."""

    @cached_property
    def _found(self) -> Mapping[str, Speaker]:
        try:
            return arctic_speakers()
        except CheckpointError as error:
            raise SpeakerError(
                f"This checkpoint has no speakers/ of its own, and CMU ARCTIC's could not be had: {error} "
                f"A file of {VECTOR_SIZE} values does as well, as in -s NAME.npy."
            ) from error

    def __getitem__(self, name: str) -> Speaker:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def open_folder(folder: Path, vocoder: Path | None = None) -> Checkpoint:
    """The checkpoint in `folder`; `vocoder` is its vocoder's folder where that is not `folder/vocoder`.

    Raises:
        CheckpointError: naming every piece that is missing, or the one that is broken.
        SpeakerError: a speaker of its own is unusable.
    """
    if not folder.is_dir():
        raise CheckpointError(
            f"{folder}: no such folder. Give a checkpoint's folder, a hub id such as microsoft/speecht5_tts, "
            "embedded, or random-full."
        )
    acoustic = folder / "model" if (folder / "model").is_dir() else folder
    vocoder = vocoder or folder / "vocoder"
    tokenizer = folder if (folder / TOKENIZER_FILE).is_file() else acoustic
    require_pieces(folder, acoustic=acoustic, vocoder=vocoder, tokenizer=tokenizer)
    size = vector_size(acoustic)
    limits, language, encoder = read_speaking(folder)
    own = folder / "speakers"
    return assemble(
        spec=str(folder),
        title=folder.resolve().name,
        notice=Message("The checkpoint in {folder} speaks.", folder=folder),
        source=FolderSource(acoustic, vocoder, tokenizer),
        speakers=read_speakers(own, size) if own.is_dir() else fitting_speakers(size),
        limits=limits,
        language=language,
        speaker_encoder=encoder,
    )


def require_pieces(origin: object, *, acoustic: Path, vocoder: Path, tokenizer: Path) -> None:
    """Raise a `CheckpointError` that names every piece `origin` lacks."""
    missing, instead = [], None
    for what, folder in (("acoustic model", acoustic), ("vocoder", vocoder)):
        if not (folder / "config.json").is_file():
            missing.append(f"the {what}'s config.json (in {folder})")
        weights = find_weights(folder)
        if weights is None:
            missing.append(f"the {what}'s {' or '.join(WEIGHT_FILES)} (in {folder})")
            found = held_instead(folder)
            instead = instead or (f" {folder} holds {found}." if found else None)
        else:
            require_whole(weights)
    if not (tokenizer / TOKENIZER_FILE).is_file():
        missing.append(f"the tokenizer's {TOKENIZER_FILE} (in {tokenizer})")
    if missing:
        raise CheckpointError(
            f"{origin} is not a whole checkpoint. Missing: {'; '.join(missing)}.{instead or ''} "
            "Save each piece there with save_pretrained; a vocoder may also be named, as in FOLDER+VOCODER."
        )


def vector_size(acoustic: Path) -> int:
    """Values of a speaker's vector, as the acoustic model's configuration says."""
    return size_in(read_config(acoustic, ACOUSTIC), "speaker_embedding_dim", acoustic)


def fitting_speakers(size: int) -> Mapping[str, Speaker]:
    """The speakers of a checkpoint that brings none: CMU ARCTIC's where its vectors are of their size."""
    return SpeakersWhenAsked() if size == VECTOR_SIZE else {}


def assemble(
    *,
    spec: str,
    title: str,
    notice: str,
    source: FolderSource,
    speakers: Mapping[str, Speaker],
    limits: SpeakingLimits,
    language: str,
    speaker_encoder: str = "",
) -> Checkpoint:
    """A listenable checkpoint from folders that are known to be whole.

    Raises:
        CheckpointError: when a configuration or the tokenizer cannot be read, or the two networks do not fit.
    """
    require_matching(source.acoustic, source.vocoder)
    return Checkpoint(
        spec=spec,
        title=title,
        notice=notice,
        listenable=True,
        letters=known_letters(source.tokenizer_folder),
        speakers=speakers,
        limits=limits,
        source=source,
        language=language,
        vector_size=vector_size(source.acoustic),
        speaker_encoder=speaker_encoder,
    )


def read_speaking(folder: Path) -> tuple[SpeakingLimits, str, str]:
    """Limits, language and speaker encoder as `speaking.json` says.

    Without it: the published model's limits, the card's language, and no encoder.

    Raises:
        CheckpointError: when the file is not what it should be.
    """
    path = folder / "speaking.json"
    if not path.is_file():
        return DEFAULT_LIMITS, language_of(folder), ""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        limits = SpeakingLimits(int(said["max_characters"]), float(said["max_length_ratio"]))
        if limits.max_characters < 1 or not 0 < limits.max_length_ratio < 1000:
            raise ValueError(limits)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise CheckpointError(
            f"{path}: expected max_characters (1 or more) and max_length_ratio (above 0), "
            'such as {"max_characters": 110, "max_length_ratio": 10}.'
        ) from error
    encoder = said.get("speaker_encoder")
    return limits, language_of(folder, said.get("language")), encoder if isinstance(encoder, str) else ""
