"""Options that several commands share, and how their values are read.

Modules of this package import torch and transformers inside the commands that need them: it takes seconds, which
`--help` and the commands about ratings need not spend.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.errors import SpeakerError

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint
    from speecht5_demo.speakers import Speaker

CheckpointOption = Annotated[
    str,
    typer.Option(
        "--checkpoint",
        "-c",
        envvar="CHECKPOINT",
        help="auto, embedded, a hub id such as microsoft/speecht5_tts, a folder, or random-full (no speech).",
    ),
]
SpeakerOption = Annotated[
    str | None,
    typer.Option(
        "--speaker",
        "-s",
        help="A name that `speakers` lists, a .npy or .pt file of 512 values, or a blend: slt+rms or slt+rms:0.3.",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Same seed, same dropout masks for every variant.")]
RepeatsOption = Annotated[
    int, typer.Option("--repeats", "-r", min=1, max=20, help="Timed runs; latency is their median.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]


def read_speaker(checkpoint: Checkpoint, wanted: str | None) -> Speaker:
    """The speaker an option names: the default, a known name, a file, or a blend `a+b[:share of b]`.

    Raises:
        SpeakerError: there is no such speaker, or the blend's share is not between 0 and 1.
    """
    from speecht5_demo.speakers import blend, load_upload

    if wanted is None or wanted in checkpoint.speakers:
        return checkpoint.speaker(wanted)
    if wanted.endswith((".npy", ".pt")):
        return load_upload(Path(wanted))
    if "+" in wanted:
        names, _, share = wanted.partition(":")
        first, _, second = names.partition("+")
        try:
            part = float(share) if share else 0.5
        except ValueError as error:
            raise SpeakerError(
                f"The share in {wanted!r} is no number: write a blend as slt+rms:0.3, with 0 to 1 of the second."
            ) from error
        return blend(checkpoint.speaker(first), checkpoint.speaker(second), part)
    return checkpoint.speaker(wanted)
