"""From a word on the command line to a checkpoint.

The hub's own library is imported only where the hub or its cache plays a part.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from speecht5_demo.checkpoints.checkpoint import Checkpoint
from speecht5_demo.checkpoints.embedded import open_embedded
from speecht5_demo.checkpoints.folder import open_folder
from speecht5_demo.checkpoints.hub_ids import PUBLISHED, PUBLISHED_VOCODER, is_hub_id
from speecht5_demo.checkpoints.random_full import open_random_full
from speecht5_demo.errors import CheckpointError, SpeakerError
from speecht5_demo.messages import Message, joined

CHOICES = f"auto, embedded, random-full, a hub id such as {PUBLISHED}, or a folder"


def open_checkpoint(spec: str = "auto") -> Checkpoint:
    """The checkpoint that `spec` names. No weights are loaded yet.

    Args:
        spec: one of

            auto                             the published model where it is cached or this is a Space, else the
                                             built-in voice
            embedded                         the built-in voice
            random-full                      full-size random weights, for sizes and times
            OWNER/NAME, OWNER/NAME@REVISION  from the hub, or its cache
            FOLDER                           on this machine

            `+VOCODER`, a hub id or a folder, may follow the last two.

    Raises:
        CheckpointError: when it cannot be found or is not whole.
        SpeakerError: when its speakers are not usable.
    """
    spec = spec.strip()
    if spec == "auto":
        return _open_auto()
    if spec == "embedded":
        return open_embedded()
    if spec == "random-full":
        return open_random_full()
    if spec and Path(spec).expanduser().is_dir():
        return replace(open_folder(Path(spec).expanduser()), spec=spec)
    return replace(_open_pair(*spec.partition("+")[::2]), spec=spec)


def _open_pair(model: str, vocoder: str) -> Checkpoint:
    """A model from the hub or a folder, with a vocoder from the hub or a folder."""
    if not model:
        raise CheckpointError(f"No checkpoint was named. Choose {CHOICES}.")
    folder = Path(model).expanduser()
    if folder.is_dir():
        return open_folder(folder, _vocoder_folder(vocoder) if vocoder else None)
    if is_hub_id(model):
        from speecht5_demo.checkpoints.from_hub import open_from_hub

        return open_from_hub(model, lambda: _vocoder_folder(vocoder or PUBLISHED_VOCODER))
    raise CheckpointError(f"{model!r} is neither a known checkpoint nor a folder. Choose {CHOICES}.")


def _vocoder_folder(spec: str) -> Path:
    folder = Path(spec).expanduser()
    if not folder.is_dir() and is_hub_id(spec):
        from speecht5_demo.checkpoints.from_hub import fetch, vocoder_repository

        return fetch(vocoder_repository(spec))
    return folder


def _open_auto() -> Checkpoint:
    """The published model where it is cached or this is a Space; otherwise the built-in voice."""
    if os.environ.get("SPACE_ID") or _published_is_cached():
        try:
            return open_checkpoint(PUBLISHED)
        except (CheckpointError, SpeakerError) as error:
            remark = Message("{model} could not be loaded: {why}", model=PUBLISHED, why=str(error))
    else:
        remark = Message(
            "To hear that one (0.6 GB to download), start with CHECKPOINT={model}.", model=PUBLISHED
        )
    built_in = open_embedded()
    return replace(built_in, notice=joined(" ", [built_in.notice, remark]))


def _published_is_cached() -> bool:
    from huggingface_hub import constants

    if not (Path(constants.HF_HUB_CACHE) / f"models--{PUBLISHED.replace('/', '--')}").is_dir():
        return False
    from speecht5_demo.checkpoints.from_hub import published_is_cached

    return published_is_cached()
