"""The folder of one shard: it says which shard it holds, and is neither a whole evaluation nor another shard's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from speecht5_demo.distributed.shards import SHARD
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.records import SETTINGS
from speecht5_demo.results import EvaluationShard, read, write


def refuse_shard(folder: Path) -> None:
    """Raises QualityError where a folder that is to hold a whole evaluation holds a shard."""
    if (folder / SHARD).exists():
        raise QualityError(
            f"{folder} holds a shard. Go on with its --shard, `merge` it with the others, "
            "or choose another folder with -o."
        )


def claim_shard(document: EvaluationShard, folder: Path) -> EvaluationShard:
    """Say in a folder which shard it holds; times that an earlier run of the same shard measured are kept.

    Raises:
        QualityError: it holds something else.
    """
    path = folder / SHARD
    if path.exists():
        before = read(path, EvaluationShard)
        if (before.number, before.of) != (document.number, document.of):
            raise QualityError(
                f"{folder} holds shard {before.number}/{before.of}. Give each shard a folder of its own with -o."
            )
        if (before.outline, before.sweep) == (document.outline, document.sweep):
            document = replace(document, times=before.times)
    elif (folder / SETTINGS).exists():
        raise QualityError(f"{folder} holds a whole evaluation. Choose another folder with -o.")
    return write_shard(document, folder)


def write_shard(document: EvaluationShard, folder: Path) -> EvaluationShard:
    """Write `shard.json`."""
    write(document, folder / SHARD)
    return document
