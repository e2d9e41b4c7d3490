"""A checkpoint in a folder: the built-in voice, a copy of a published model, or one of your own.

    FOLDER/                    processor: spm_char.model, tokenizer_config.json
        model/                 acoustic model as `save_pretrained` leaves it; may also lie in FOLDER itself
        vocoder/               vocoder as `save_pretrained` leaves it
        speakers/NAME.npy      one x-vector of 512 values each; labels.json: their order and labels to show;
                               without this folder, the CMU ARCTIC speakers
        speaking.json          optional: {"max_characters": ..., "max_length_ratio": ...}

Only a folder without speakers makes the hub be asked, once, for those.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from transformers import SpeechT5Config, SpeechT5HifiGanConfig, SpeechT5Tokenizer

from speecht5_demo.checkpoints.checkpoint import Checkpoint, SpeakingLimits
from speecht5_demo.checkpoints.weights import WEIGHT_FILES, FileWeights, find_weights, require_whole
from speecht5_demo.errors import CheckpointError
from speecht5_demo.speakers import Speaker, arctic_speakers, read_speakers

TOKENIZER_FILE = "spm_char.model"
DEFAULT_LIMITS = SpeakingLimits(max_characters=180, max_length_ratio=20)
"""Of the published model, whose 1,876 frames hold 188 tokens at 20 frames a token."""


def open_folder(folder: Path, vocoder: Path | None = None) -> Checkpoint:
    """The checkpoint in `folder`; `vocoder` is its vocoder's folder where that is not `folder/vocoder`.

    Raises:
        CheckpointError: naming every piece that is missing, or the one that is broken.
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
    return assemble(
        spec=str(folder),
        title=folder.resolve().name,
        notice=f"The checkpoint in {folder} speaks.",
        acoustic=acoustic,
        vocoder=vocoder,
        tokenizer=tokenizer,
        speakers=read_speakers(folder / "speakers") if (folder / "speakers").is_dir() else arctic_speakers(),
        limits=read_limits(folder),
    )


def require_pieces(origin: object, *, acoustic: Path, vocoder: Path, tokenizer: Path) -> None:
    """Raise a `CheckpointError` that names every piece `origin` lacks."""
    missing = []
    for what, folder in (("acoustic model", acoustic), ("vocoder", vocoder)):
        if not (folder / "config.json").is_file():
            missing.append(f"the {what}'s config.json (in {folder})")
        weights = find_weights(folder)
        if weights is None:
            missing.append(f"the {what}'s {' or '.join(WEIGHT_FILES)} (in {folder})")
        else:
            require_whole(weights)
    if not (tokenizer / TOKENIZER_FILE).is_file():
        missing.append(f"the tokenizer's {TOKENIZER_FILE} (in {tokenizer})")
    if missing:
        raise CheckpointError(
            f"{origin} is not a whole checkpoint. Missing: {'; '.join(missing)}. "
            "Save each piece there with save_pretrained; a vocoder may also be named, as in FOLDER+VOCODER."
        )


def assemble(
    *,
    spec: str,
    title: str,
    notice: str,
    acoustic: Path,
    vocoder: Path,
    tokenizer: Path,
    speakers: Mapping[str, Speaker],
    limits: SpeakingLimits,
) -> Checkpoint:
    """A listenable checkpoint from folders that are known to be whole.

    Raises:
        CheckpointError: when a configuration or the tokenizer cannot be read.
    """
    return Checkpoint(
        spec=spec,
        title=title,
        notice=notice,
        listenable=True,
        tokenizer=read_tokenizer(tokenizer),
        speakers=speakers,
        limits=limits,
        acoustic_config=SpeechT5Config.from_dict(_read_config(acoustic, "speecht5")),
        vocoder_config=SpeechT5HifiGanConfig.from_dict(_read_config(vocoder, "hifigan")),
        weights=FileWeights(acoustic, vocoder),
    )


def read_tokenizer(folder: Path) -> SpeechT5Tokenizer:
    """The character tokenizer in `folder`, its own number normaliser off: it is wrong on zeros and money.

    Raises:
        CheckpointError: when the file is broken.
    """
    try:
        tokenizer: SpeechT5Tokenizer = SpeechT5Tokenizer.from_pretrained(
            folder, normalize=False, local_files_only=True
        )
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{folder / TOKENIZER_FILE} is not a readable tokenizer ({error}). Copy it again from its source."
        ) from error
    return tokenizer


def read_limits(folder: Path) -> SpeakingLimits:
    """What `speaking.json` says, or the published model's limits where there is none.

    Raises:
        CheckpointError: when the file is not what it should be.
    """
    path = folder / "speaking.json"
    if not path.is_file():
        return DEFAULT_LIMITS
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        limits = SpeakingLimits(int(said["max_characters"]), float(said["max_length_ratio"]))
    except (ValueError, KeyError, TypeError) as error:
        limits = None
        cause: BaseException | None = error
    else:
        cause = None
    if limits is None or limits.max_characters < 1 or not 0 < limits.max_length_ratio < 1000:
        raise CheckpointError(
            f"{path}: expected max_characters (1 or more) and max_length_ratio (above 0), "
            'such as {"max_characters": 110, "max_length_ratio": 10}.'
        ) from cause
    return limits


def _read_config(folder: Path, kind: str) -> dict[str, object]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}). Copy it again from its source.") from error
    found = config.get("model_type") if isinstance(config, dict) else None
    if found not in {kind, f"speecht5_{kind}"}:
        raise CheckpointError(
            f"{path}: expected the configuration of a SpeechT5 model (model_type {kind}), found {found!r}."
        )
    return dict(config)
