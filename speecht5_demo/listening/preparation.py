"""From a recipe to clips: synthesize, level, store, describe.

Speaking is given as a function, so that this works with any model and in a test without one. Two passes:
raw clips first (each stored as soon as it is spoken, so that a run that was broken off, even by SIGKILL,
goes on where it stopped and loses a batch at most), then levelling, which needs to know all of them.
"""

import fcntl
import hashlib
import hmac
import io
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speecht5_demo import __version__
from speecht5_demo.clock import moment
from speecht5_demo.errors import StudyError
from speecht5_demo.files import write_bytes
from speecht5_demo.listening import levelling
from speecht5_demo.listening.clips import smallest_file, wav_bytes
from speecht5_demo.listening.manifest import (
    CLIPS,
    MANIFEST,
    Manifest,
    Stimulus,
    StudyBusyError,
    load_manifest,
    save_manifest,
)
from speecht5_demo.listening.planned_clips import Batch, Line, PlannedClip, batches, planned_clips
from speecht5_demo.listening.rows import iso_utc
from speecht5_demo.listening.study import Study

RAW = ".raw"


@dataclass(frozen=True)
class SpokenClip:
    """What speaking gives back.

    Attributes:
        samples: mono, float32 in [-1, 1].
        sampling_rate: in Hz.
        spoken_text: what the model was given.
        ended: False when it was cut off at its step limit.
    """

    samples: npt.NDArray[np.float32]
    sampling_rate: int
    spoken_text: str
    ended: bool


@dataclass(frozen=True)
class Voice:
    """What a study is spoken with.

    Attributes:
        checkpoint: its spec.
        digest: sha256 of its weights.
        speakers: names it knows, the first one being its default.
        speak: the clips of each batch, given out as soon as they are made, in any order of batches.
    """

    checkpoint: str
    digest: str
    speakers: tuple[str, ...]
    speak: Callable[[Sequence[Batch]], Iterable[tuple[Batch, Iterable[SpokenClip]]]]


Progress = Callable[[int, int, str], None]
"""Called after every clip with clips done, clips in all, and what was spoken."""


def prepare(
    study: Study, voice: Voice, folder: Path, on_progress: Progress | None = None, secret: bytes = b""
) -> Manifest:
    """Make a study's clips in `folder`, or finish making them.

    A folder that already holds this very study is returned as it is; one that holds another is refused.

    Args:
        secret: of the deployment that plays the study; its seeds come from it.

    Raises:
        StudyError: an unknown speaker, a silent variant, a folder of another study or one that cannot be written.
    """
    speakers = speaking(study, voice)
    with alone_in(folder):
        if (folder / MANIFEST).exists():
            made = load_manifest(folder)
            if made.study == study and made.checkpoint_sha256 == voice.digest:
                return made
            raise StudyError(
                f"{folder} holds another study ({made.study.id}). Give an empty folder, or remove it first."
            )
        wanted = planned_clips(study, speakers, secret)
        raw = folder / RAW
        spoken: dict[str, SpokenClip] = {}
        for planned, clip in spoken_clips(study, voice, wanted, raw):
            spoken[planned.key(study, voice.digest)] = clip
            if on_progress:
                on_progress(len(spoken), len(wanted), f"{planned.variant}: {planned.sentence.text}")
        manifest = _store(study, voice, speakers, wanted, spoken, folder, secret)
        save_manifest(manifest, folder)
        shutil.rmtree(raw)
        return manifest


def speaking(study: Study, voice: Voice) -> tuple[str, ...]:
    """The speakers of a study that a voice speaks.

    Raises:
        StudyError: the voice does not know one of them.
    """
    if unknown := [name for name in study.speakers if name not in voice.speakers]:
        raise StudyError(
            f"speakers: {unknown[0]!r} is unknown to {voice.checkpoint}. Known: {', '.join(voice.speakers)}."
        )
    return study.speakers or voice.speakers[:1]


def spoken_clips(
    study: Study, voice: Voice, wanted: Sequence[PlannedClip], raw: Path
) -> Iterator[tuple[PlannedClip, SpokenClip]]:
    """Every clip: those that an earlier run left, those that are spoken now, and anchors, which are made of others."""

    def place(planned: PlannedClip) -> Path:
        return raw / f"{planned.key(study, voice.digest)}.npz"

    absent: dict[Batch, list[PlannedClip]] = {}
    for number, group in enumerate(batches(wanted)):
        if missing := [planned for planned in group if not place(planned).exists()]:
            lines = tuple(Line(one.sentence.text, one.speaker, one.seed) for one in missing)
            absent[Batch(number, missing[0].variant, lines)] = missing
    fresh = set()
    for batch, clips in voice.speak(list(absent)):
        for planned, clip in zip(absent[batch], clips, strict=True):
            _save_raw(place(planned), clip)
            fresh.add(planned)
            yield planned, clip
    for planned in wanted:
        if planned not in fresh:
            kept = _load_raw(place(planned))
            if kept is None:
                kept = _anchor(study, voice, planned, raw)
                _save_raw(place(planned), kept)
            yield planned, kept


def _anchor(study: Study, voice: Voice, planned: PlannedClip, raw: Path) -> SpokenClip:
    """The same sentence of the test, which is spoken by now, in noise."""
    clip = _load_raw(raw / f"{replace(planned, role='test').key(study, voice.digest)}.npz")
    assert clip is not None
    samples = levelling.modulated_noise(clip.samples, study.anchor.q_db, planned.seed)
    return SpokenClip(samples, clip.sampling_rate, clip.spoken_text, clip.ended)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Only one process prepares a folder; the lock goes with the process, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder / ".preparing").open("w")
    except OSError as error:
        raise StudyError(
            f"No study can be made in {folder} ({error.strerror}). Name a folder that this user may write to."
        ) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StudyBusyError(
                f"{folder} is being prepared by another process. Wait until it is done."
            ) from error
        yield


def _store(
    study: Study,
    voice: Voice,
    speakers: tuple[str, ...],
    wanted: list[PlannedClip],
    spoken: dict[str, SpokenClip],
    folder: Path,
    secret: bytes,
) -> Manifest:
    """Level all clips alike and give them their names."""
    clips = [spoken[planned.key(study, voice.digest)] for planned in wanted]
    levels = [levelling.measure(clip.samples, clip.sampling_rate) for clip in clips]
    target = levelling.common_target(levels, study.loudness)
    size = max(smallest_file(len(clip.samples)) for clip in clips)
    shutil.rmtree(folder / CLIPS, ignore_errors=True)
    stimuli = []
    for planned, clip, level in zip(wanted, clips, levels, strict=True):
        gain = levelling.gain_db(level, target)
        data = wav_bytes(levelling.apply_gain(clip.samples, gain), clip.sampling_rate, size)
        name = _name(secret, f"{study.id}\x00{planned.key(study, voice.digest)}", data)
        write_bytes(folder / CLIPS / f"{name}.wav", data, durable=True, parents=True)
        stimuli.append(
            Stimulus(
                id=name,
                role=planned.role,
                sentence_id=planned.sentence.id,
                text=planned.sentence.text,
                spoken_text=clip.spoken_text,
                speaker=planned.speaker,
                variant=planned.variant,
                seed=planned.seed,
                expected=planned.expected,
                sha256=hashlib.sha256(data).hexdigest(),
                audio_s=round(len(clip.samples) / clip.sampling_rate, 4),
                loudness_lufs=round(level.lufs, 2),
                gain_db=round(gain, 2),
                ended=clip.ended,
            )
        )
    return Manifest(
        study=study,
        stimuli=tuple(sorted(stimuli, key=lambda stimulus: stimulus.id)),
        speakers=speakers,
        checkpoint=voice.checkpoint,
        checkpoint_sha256=voice.digest,
        sampling_rate=clips[0].sampling_rate,
        target_lufs=round(target, 2),
        clip_bytes=size,
        app_version=__version__,
        created_at=iso_utc(moment()),
    )


def _name(secret: bytes, what: str, data: bytes) -> str:
    """A clip's name, which tells nothing: only who knows the secret gets the same for the same clip."""
    if not secret:
        return secrets.token_hex(16)
    return hmac.digest(secret, b"clip\x00" + what.encode() + hashlib.sha256(data).digest(), "sha256").hex()[
        :32
    ]


def _save_raw(path: Path, clip: SpokenClip) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        samples=clip.samples,
        sampling_rate=clip.sampling_rate,
        spoken_text=clip.spoken_text,
        ended=clip.ended,
    )
    write_bytes(path, buffer.getvalue(), durable=True, parents=True)


def _load_raw(path: Path) -> SpokenClip | None:
    if not path.exists():
        return None
    with np.load(path) as kept:
        return SpokenClip(
            kept["samples"], int(kept["sampling_rate"]), str(kept["spoken_text"]), bool(kept["ended"])
        )
