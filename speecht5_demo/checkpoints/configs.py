"""The config.json of each of the two networks: read and checked at once, made into transformers' classes when asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from speecht5_demo.errors import CheckpointError

ACOUSTIC, VOCODER = "speecht5", "hifigan"
"""What `model_type` says, as it is or after `speecht5_`."""
DEFAULTS = {"speaker_embedding_dim": 512, "num_mel_bins": 80, "model_in_dim": 80}
"""Of transformers, for what a file leaves out."""

Made = TypeVar("Made")


def read_config(folder: Path, kind: str) -> Mapping[str, object]:
    """What config.json in `folder` says.

    Raises:
        CheckpointError: it cannot be read, or is that of another kind of model.
    """
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


def size_in(config: Mapping[str, object], name: str, folder: Path) -> int:
    """A size that the configuration names, or transformers' own where it does not.

    Raises:
        CheckpointError: it is no whole number above 0.
    """
    value = config.get(name, DEFAULTS[name])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CheckpointError(
            f"{folder / 'config.json'}: {name} has to be a whole number above 0, not {value!r}."
        )
    return value


def require_matching(acoustic: Path, vocoder: Path) -> None:
    """Raise a `CheckpointError` unless the vocoder reads as many mel bins as the acoustic model writes."""
    made = size_in(read_config(acoustic, ACOUSTIC), "num_mel_bins", acoustic)
    read = size_in(read_config(vocoder, VOCODER), "model_in_dim", vocoder)
    if made != read:
        raise CheckpointError(
            f"The acoustic model makes {made} mel bins and the vocoder in {vocoder} reads {read}: "
            "choose the vocoder it was trained with, as in FOLDER+VOCODER."
        )


def made_config(kind: type[Made], config: Mapping[str, object], folder: Path) -> Made:
    """An object of transformers' configuration class `kind`.

    Raises:
        CheckpointError: the class does not take what the file says.
    """
    from huggingface_hub.errors import StrictDataclassError

    try:
        made: Made = kind.from_dict(dict(config))  # type: ignore[attr-defined]
    except (TypeError, ValueError, KeyError, AttributeError, StrictDataclassError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} is not a usable configuration ({error}). Copy it again from its source."
        ) from error
    return made
