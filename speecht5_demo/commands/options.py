"""Options that several commands share, and how their values are read.

Modules of this package import torch and transformers inside the commands that need them: it takes seconds,
which `--help` and the commands about ratings need not spend.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
        SpeakerError: there is no such speaker or file, or the blend's share is not between 0 and 1.
    """
    if wanted is not None and wanted.endswith((".npy", ".pt")):
        from speecht5_demo.speakers import load_upload

        return load_upload(Path(wanted))
    return checkpoint.speaker(wanted)
