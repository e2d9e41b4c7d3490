"""A study as it was made: which clips there are, how each came about, and how to see that none has changed.

The manifest is the only place that links a clip's name to its variant. It stays on the server; names of
clips are random and all of one length.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from speecht5_demo.errors import StudyError
from speecht5_demo.files import write_text
from speecht5_demo.listening.study import Study, study_from

MANIFEST = "manifest.json"
CLIPS = "clips"
FORMAT = 1


class StudyBusyError(StudyError):
    """Another process is making the study's clips at this moment."""


@dataclass(frozen=True)
class Stimulus:
    """One clip.

    Attributes:
        id: random name, 32 hexadecimal digits; the file is `clips/<id>.wav`.
        role: test | repeat | anchor | trap | practice.
        sentence_id: which sentence it speaks.
        text: the sentence as written.
        spoken_text: what the model was given.
        speaker: who speaks.
        variant: what spoke it; for an anchor, the baseline that was degraded.
        seed: of the dropout masks.
        expected: the right answer to a trap, else None.
        sha256: of the file.
        audio_s: length in seconds.
        loudness_lufs: before levelling.
        gain_db: of the levelling.
        ended: False when the model was cut off at its step limit.
    """

    id: str
    role: str
    sentence_id: str
    text: str
    spoken_text: str
    speaker: str
    variant: str
    seed: int
    expected: int | None
    sha256: str
    audio_s: float
    loudness_lufs: float
    gain_db: float
    ended: bool


@dataclass(frozen=True)
class Manifest:
    """A prepared study.

    Attributes:
        study: the recipe, complete.
        stimuli: every clip.
        speakers: names that speak, in order.
        checkpoint: spec of what spoke.
        checkpoint_sha256: digest of its weights.
        sampling_rate: in Hz.
        target_lufs: the loudness of every clip; below the recipe's where peaks asked for it.
        clip_bytes: size of every clip's file.
        app_version: that prepared it.
        created_at: UTC, ISO 8601.
    """

    study: Study
    stimuli: tuple[Stimulus, ...]
    speakers: tuple[str, ...]
    checkpoint: str
    checkpoint_sha256: str
    sampling_rate: int
    target_lufs: float
    clip_bytes: int
    app_version: str
    created_at: str

    @cached_property
    def by_content(self) -> Mapping[tuple[str, str, str, str], Stimulus]:
        """Clips by role, variant, sentence and speaker."""
        return {(c.role, c.variant, c.sentence_id, c.speaker): c for c in self.stimuli}

    def missing(self) -> list[str]:
        """What the recipe asks for and no clip speaks."""
        study, plan = self.study, self.study.session
        wanted = [("test", variant) for variant in study.variants]
        wanted += [("repeat", study.baseline)] * (plan.repeats > 0) + [("anchor", study.baseline)] * (
            plan.anchors > 0
        )
        return [
            f"{role} {variant} of {sentence.id} by {speaker}"
            for speaker in self.speakers
            for sentence in study.sentences
            for role, variant in wanted
            if (role, variant, sentence.id, speaker) not in self.by_content
        ]

    @cached_property
    def digest(self) -> str:
        """sha256 of everything in the manifest: what "the same study" means to assignment and tickets."""
        return hashlib.sha256(to_json(self, without_ids=True).encode()).hexdigest()


def clip_path(folder: Path, stimulus: Stimulus) -> Path:
    """Where a clip lies in a study's folder."""
    return folder / CLIPS / f"{stimulus.id}.wav"


def to_json(manifest: Manifest, without_ids: bool = False) -> str:
    """The manifest as text, the same for the same content.

    Args:
        without_ids: leave out whom the study asks in: it may be changed while sessions run.
    """
    summary = {
        "format": FORMAT,
        "question_asked": manifest.study.asked,
        "session_pages": manifest.study.pages,
    }
    whole = asdict(manifest)
    if without_ids:
        del whole["study"]["session"]["ids"]
    return json.dumps({**summary, **whole}, ensure_ascii=False, indent=1)


def save_manifest(manifest: Manifest, folder: Path) -> None:
    """Write it; a study without one is not ready."""
    write_text(folder / MANIFEST, to_json(manifest), durable=True, parents=True)


def load_manifest(folder: Path) -> Manifest:
    """Read a prepared study.

    Raises:
        StudyError: there is none, or it is broken or of another format.
    """
    path = folder / MANIFEST
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StudyError(
            f"{folder} holds no prepared study. Make one: study prepare STUDY.toml -o {folder}"
        ) from error
    except (OSError, ValueError) as error:
        raise StudyError(f"{path} cannot be read ({error}). Prepare the study again.") from error
    if not isinstance(written, dict) or written.pop("format", None) != FORMAT:
        raise StudyError(f"{path} is of another format. Prepare the study again with this version.")
    try:
        stimuli = tuple(Stimulus(**_known(Stimulus, entry)) for entry in written.pop("stimuli"))
        study = study_from(written.pop("study"))
        written["speakers"] = tuple(written["speakers"])
        return Manifest(study=study, stimuli=stimuli, **_known(Manifest, written))
    except (KeyError, TypeError, AttributeError) as error:
        raise StudyError(f"{path} is incomplete ({error}). Prepare the study again.") from error


def _known(kind: type[Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    names = {column.name for column in fields(kind)}
    return {name: value for name, value in entry.items() if name in names}


def check(folder: Path) -> tuple[Manifest, list[str]]:
    """The manifest, and one sentence for every clip that is absent, changed or of another size."""
    manifest = load_manifest(folder)
    wrong = [f"There is no clip for {what}." for what in manifest.missing()]
    for stimulus in manifest.stimuli:
        path = clip_path(folder, stimulus)
        if not path.is_file():
            wrong.append(f"{path.name} is absent.")
            continue
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != stimulus.sha256:
            wrong.append(f"{path.name} has changed since it was prepared.")
        elif len(data) != manifest.clip_bytes:
            wrong.append(f"{path.name} has {len(data)} bytes, the others {manifest.clip_bytes}.")
    known = {f"{stimulus.id}.wav" for stimulus in manifest.stimuli}
    strangers = sorted(path.name for path in (folder / CLIPS).glob("*") if path.name not in known)
    wrong += [f"{name} does not belong to the study." for name in strangers if not name.startswith(".")]
    return manifest, wrong
