"""A study prepared in shards: each speaks a part of the clips, and the merged folder is what one machine would make.

FOLDER/shard.json    which shard, of which study, voice and secret
FOLDER/.raw          its clips, not levelled yet: that needs to know all of them
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from speecht5_demo.distributed import Shard, ShardError
from speecht5_demo.distributed.shards import SHARD, in_order
from speecht5_demo.errors import StudyError
from speecht5_demo.files import write_json
from speecht5_demo.listening.manifest import MANIFEST, Manifest
from speecht5_demo.listening.planned_clips import Batch, PlannedClip, batches, planned_clips
from speecht5_demo.listening.preparation import (
    RAW,
    Progress,
    SpokenClip,
    Voice,
    alone_in,
    prepare,
    speaking,
    spoken_clips,
)
from speecht5_demo.listening.study import Study, study_from

KIND = "study-shard"


@dataclass(frozen=True)
class StudyShard:
    """The `shard.json` of a study's shard.

    Attributes:
        number, of: which shard.
        complete: whether all its clips are there.
        study: the recipe.
        checkpoint: spec of what speaks.
        digest: sha256 of its weights.
        speakers: that it knows.
        plan: sha256 of all planned clips, whose seeds come from the deployment's secret.
    """

    number: int
    of: int
    complete: bool
    study: Study
    checkpoint: str
    digest: str
    speakers: tuple[str, ...]
    plan: str


def prepare_shard(
    study: Study,
    voice: Voice,
    folder: Path,
    shard: Shard,
    on_progress: Progress | None = None,
    secret: bytes = b"",
) -> int:
    """Speak the clips of one shard into a folder of its own, or finish speaking them; returns how many there are.

    Raises:
        StudyError: as `prepare`, or the folder holds something else.
    """
    wanted = planned_clips(study, speaking(study, voice), secret)
    description = StudyShard(
        shard.number,
        shard.of,
        False,
        study,
        voice.checkpoint,
        voice.digest,
        voice.speakers,
        _digest(wanted, study, voice.digest),
    )
    own = [planned for batch in shard.part(batches(wanted)) for planned in batch]
    with alone_in(folder):
        _claim(description, folder)
        (folder / RAW).mkdir(exist_ok=True)
        for done, (planned, _) in enumerate(spoken_clips(study, voice, own, folder / RAW), start=1):
            if on_progress:
                on_progress(done, len(own), f"{planned.variant}: {planned.sentence.text}")
        _write(description, folder, complete=True)
    return len(own)


def read_study_shards(folders: Sequence[Path]) -> dict[Path, StudyShard]:
    """The shards of one study, by their folders, in order.

    Raises:
        StudyError: a folder holds none that can be read.
        ShardError: one is missing, doubled, unfinished, or of another study, voice or secret.
    """
    return in_order([(folder, _read(folder)) for folder in folders], _differing)


def _differing(first: StudyShard, other: StudyShard) -> list[str]:
    parts = {"study": "recipe", "digest": "checkpoint", "plan": "secret, see LISTENING_SECRET"}
    return [words for name, words in parts.items() if getattr(first, name) != getattr(other, name)][:1]


def merge_study(shards: dict[Path, StudyShard], folder: Path, secrets: Iterable[bytes]) -> Manifest:
    """Level the clips of all shards and write the study into an empty folder.

    Args:
        shards: all of one study.
        folder: to write into.
        secrets: one of them is what the shards were made with.

    Raises:
        ShardError: a clip is absent or damaged, or none of the secrets is the right one.
    """
    first = next(iter(shards.values()))

    def none(absent: Sequence[Batch]) -> Iterable[tuple[Batch, Iterable[SpokenClip]]]:
        for batch in absent:
            line = batch.lines[0]
            raise ShardError(
                f"No shard holds {line.text!r} by {line.speaker}, {batch.variant}. Run the shards again."
            )
        return ()

    voice = Voice(first.checkpoint, first.digest, first.speakers, none)
    speakers = speaking(first.study, voice)
    for secret in secrets:
        if _digest(planned_clips(first.study, speakers, secret), first.study, first.digest) == first.plan:
            break
    else:
        raise ShardError(
            "The shards were made with another secret. Set LISTENING_SECRET, or DATA_DIR, as where they were made."
        )
    for source in shards:
        if (source / RAW).is_dir():
            shutil.copytree(source / RAW, folder / RAW, dirs_exist_ok=True)
    try:
        return prepare(first.study, voice, folder, secret=secret)
    except (BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ShardError(
            f"A clip in the shards is damaged ({error}). Remove the shards and run them again."
        ) from error


def _digest(wanted: Sequence[PlannedClip], study: Study, voice_digest: str) -> str:
    return hashlib.sha256("".join(one.key(study, voice_digest) for one in wanted).encode()).hexdigest()


def _claim(description: StudyShard, folder: Path) -> None:
    if (folder / MANIFEST).exists():
        raise StudyError(f"{folder} holds a whole study. Give the shard a folder of its own with -o.")
    if (folder / SHARD).exists():
        before = _read(folder)
        if (before.number, before.of, before.plan) != (description.number, description.of, description.plan):
            raise StudyError(
                f"{folder} holds shard {before.number}/{before.of} of {before.study.id}. "
                "Give each shard a folder of its own with -o."
            )
    _write(description, folder, complete=False)


def _write(description: StudyShard, folder: Path, complete: bool) -> None:
    write_json(folder / SHARD, {"kind": KIND, **asdict(description), "complete": complete}, durable=True)


def _read(folder: Path) -> StudyShard:
    path = folder / SHARD
    try:
        written: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if written.pop("kind") != KIND:
            raise ValueError("it is of another kind")
        study = study_from(written.pop("study"))
        written["speakers"] = tuple(written["speakers"])
        return StudyShard(study=study, **written)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudyError(
            f"{path} is no shard of a study ({error}). Make it with `study prepare --shard K/N -o FOLDER`."
        ) from error
