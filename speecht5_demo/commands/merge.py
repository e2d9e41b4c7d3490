"""`merge`: the shards of a run become one folder, as if the run had not been divided."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.errors import OutputError
from speecht5_demo.files import whole_folder
from speecht5_demo.results import kind_of

if TYPE_CHECKING:
    from speecht5_demo.results import EvaluationShard


def merge(
    shards: Annotated[list[Path], typer.Argument(help="The folder of every shard.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the whole run.")],
) -> None:
    """Join the folders that `--shard` wrote into one, with the bytes of an undivided run.

    Example: python -m speecht5_demo merge shards/* -o runs/evaluation
    """
    from speecht5_demo.distributed.shards import SHARD
    from speecht5_demo.listening.study_shards import KIND

    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output} is there already. Name a new folder with -o.")
    if (shards[0] / SHARD).exists() and kind_of(shards[0] / SHARD) == KIND:
        _merge_study(shards, output)
    else:
        _merge_evaluation(shards, output)


def _merge_study(shards: list[Path], output: Path) -> None:
    from speecht5_demo.listening.study_shards import merge_study, read_study_shards
    from speecht5_demo.listening.tickets import known_secrets

    found = read_study_shards(shards)
    places = [
        Path(os.environ.get("DATA_DIR") or output.parent),
        *(shard.resolve().parent for shard in shards),
    ]
    with whole_folder(output) as aside:
        manifest = merge_study(found, aside, known_secrets(places))
    console.stderr.print(f"{len(found)} shards are one study of {len(manifest.stimuli)} clips in {output}.")


def _merge_evaluation(shards: list[Path], output: Path) -> None:
    from speecht5_demo.quality.merging import merge_into, read_shards

    found = read_shards(shards)
    with whole_folder(output) as aside:
        document = merge_into(found, aside)
    _tell_of_processors(found)
    console.stderr.print(
        f"{len(found)} shards are one run of {document.utterances} utterances a variant in {output}."
    )


def _tell_of_processors(found: dict[Path, EvaluationShard]) -> None:
    processors = sorted({one.machine.cpu for one in found.values()})
    if len(processors) > 1:
        console.stderr.print(
            f"They ran on different processors ({', '.join(processors)}), whose last digits may differ."
        )
