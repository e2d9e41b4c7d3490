"""Options that several commands share, and how their values are read.

Nothing here imports torch, which takes seconds: whatever a user got wrong is said before it is loaded.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.errors import OutputError, VariantError

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint
    from speecht5_demo.speakers import Speaker
    from speecht5_demo.variants import Variant

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
        help="A name that `speakers` lists, a .npy or .pt file of one vector, a recording where "
        "the checkpoint's encoder is installed, or a blend: am_michael+bf_emma or me.npy+bf_emma:0.3.",
    ),
]
SeedOption = Annotated[
    int,
    typer.Option("--seed", min=0, max=2**31 - 1, help="Same seed, same dropout masks for every variant."),
]
RepeatsOption = Annotated[
    int, typer.Option("--repeats", "-r", min=1, max=20, help="Timed runs; latency is their median.")
]
SizesOption = Annotated[
    bool, typer.Option("--sizes", help="Also measure sizes; they are kept, so the next time is quick.")
]
ParentsOption = Annotated[
    bool, typer.Option("--parents", help="Make the folder of -o where it is not there.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]
PruneOption = Annotated[
    float | None,
    typer.Option(
        "--prune", min=0, max=0.95, help="A recipe of your own: share of each Linear layer's weights to zero."
    ),
]
Int8Option = Annotated[
    bool, typer.Option("--int8", help="A recipe of your own: Linear layers stored as 8-bit integers.")
]
IncludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--include", help="Layers that your recipe changes, such as 'speecht5.encoder.*'; all else."
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Layers that your recipe leaves alone, such as '*.prenet.*'."),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="local|ray",
        help="Who does the work: processes of this machine, or a Ray cluster.",
    ),
]
RayAddressOption = Annotated[
    str,
    typer.Option(
        "--ray-address",
        metavar="HOST:PORT",
        help="A running Ray cluster, or auto; without it one is started on this machine, for as long as it is needed.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        max=10_000,
        help="Processes, one thread each.  \\[default: 2; every processor of the cluster with --ray-address]",
        show_default=False,
    ),
]
ShardOption = Annotated[
    str,
    typer.Option(
        "--shard",
        metavar="K/N",
        help="Do part K of N alone, such as 2/8, in a folder of its own; `merge` joins the folders.",
    ),
]


def own_recipe(
    prune: float | None, int8: bool, include: list[str] | None, exclude: list[str] | None
) -> Variant | None:
    """The variant that `--prune`, `--int8`, `--include` and `--exclude` describe; None where none is given.

    Raises:
        VariantError: patterns are given, but nothing to do with the layers they choose.
    """
    from speecht5_demo.variants import custom
    from speecht5_demo.variants.patterns import written_patterns

    chosen, left = (written_patterns(" ".join(patterns or ())) for patterns in (include, exclude))
    if prune or int8:
        return custom(prune or 0.0, int8, chosen, left)
    if chosen or left or prune is not None:
        raise VariantError("This recipe changes nothing: add --prune with a share above 0, or --int8.")
    return None


def read_speaker(checkpoint: Checkpoint, wanted: str | None) -> Speaker:
    """The speaker an option names: the default, a known name, a file, or a blend `a+b[:share of b]`.

    The first of a blend may be a file, too.

    Raises:
        SpeakerError: there is no such speaker or file, or the blend's share is not between 0 and 1.
    """
    if wanted is None:
        return checkpoint.speaker()
    if (alone := _speaker_in_file(checkpoint, wanted)) is not None:
        return alone
    file, _, second = wanted.rpartition("+")
    if (first := _speaker_in_file(checkpoint, file)) is not None:
        from speecht5_demo.speakers.lookup import blend_by_name

        return blend_by_name(first, second, checkpoint.speakers)
    return checkpoint.speaker(wanted)


def _speaker_in_file(checkpoint: Checkpoint, file: str) -> Speaker | None:
    """The speaker of a recording or a vector; None where it is named as neither."""
    if not (ending := Path(file).suffix.lower()):
        return None
    from speecht5_demo.speakers.upload import RECORDINGS, load_upload

    if ending in RECORDINGS:
        from speecht5_demo.quality.recorded_speakers import recorded_speaker

        return recorded_speaker(Path(file), checkpoint)
    return load_upload(Path(file), checkpoint.vector_size) if ending in (".npy", ".pt") else None


def check_folder(folder: Path, parents: bool) -> None:
    """Whether `folder` is there or may be made: asked on a terminal, allowed by `--parents`.

    Raises:
        OutputError: it is not there and is not to be made, or is no folder.
    """
    if folder.is_dir() or parents:
        return
    if folder.exists():
        raise OutputError(f"{folder} is a file, not a folder. Choose another place with -o.")
    if sys.stdin.isatty() and sys.stderr.isatty():
        if typer.confirm(f"The folder {folder} is not there. Make it?", err=True):
            folder.mkdir(parents=True, exist_ok=True)
            return
        raise OutputError("Nothing was written. Choose another place with -o.")
    raise OutputError(f"The folder {folder} is not there. Make it, choose another with -o, or add --parents.")
