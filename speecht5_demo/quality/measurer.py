"""Prepares what one worker of an evaluation measures: the utterance of a task, whatever kind of task it is.

A worker may be on another machine than the evaluation's folder: the baseline's speech comes with the task, and the
files that a task makes go back with its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import Need
from speecht5_demo.quality.plan import RECORDINGS, RESEEDED, TEACHER, Settings, Task
from speecht5_demo.quality.recognisers import Recogniser, open_recogniser
from speecht5_demo.quality.recordings import find_recording, read_recording, warped_onto
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.speaker_models import Embedding, SpeakerModel, open_speaker_model
from speecht5_demo.quality.speaking import Frames, Spoken, bounded, speak, speak_along
from speecht5_demo.quality.subject import Subject
from speecht5_demo.synthesis import Engine, SpeechPlan, plan_speech
from speecht5_demo.synthesis.engine_cache import make_engine
from speecht5_demo.text import spoken_form
from speecht5_demo.variants import BASELINE
from speecht5_demo.wav import wav_bytes

PLAYED = 1  # sentences whose speech is kept to be played, for each variant and speaker


def baseline_file(folder: Path, speaker: str, number: int) -> Path:
    """Where the baseline's speech of one sentence is kept."""
    return folder / "baseline" / speaker / f"{number:04d}.npz"


def audio_file(folder: Path, variant: str, speaker: str, number: int) -> Path:
    """Where speech that can be played is kept."""
    return folder / "audio" / variant.replace(":", "-") / f"{speaker}-{number:04d}.wav"


@dataclass(frozen=True)
class Utterance:
    """A task, and what it is compared with.

    Attributes:
        task: what to speak and measure.
        baseline: the content of `baseline_file`; None where the task needs none, or where there is none.
    """

    task: Task
    baseline: bytes | None = None


@dataclass(frozen=True)
class MadeFile:
    """A file on its way to the evaluation's folder.

    Attributes:
        path: within the folder.
        content: all of it.
    """

    path: Path
    content: bytes


class TaskMeasurer:
    """One checkpoint, one recogniser, and the engine of the variant under way.

    Attributes:
        made: the files of the last subject.

    Raises:
        QualityError, CheckpointError: when the checkpoint or a recogniser does not open.
    """

    def __init__(self, settings: Settings) -> None:
        self.made: list[MadeFile] = []
        self._settings = settings
        self._checkpoint = open_checkpoint(settings.checkpoint)
        self._variants = {variant.name: variant for variant in (BASELINE, *settings.variants)}
        self._speakers = {speaker.name: speaker for speaker in settings.speakers}
        self._sentences = {sentence.number: sentence.text for sentence in settings.sentences}
        self._engines: dict[str, Engine] = {}
        self._recogniser: Recogniser | None = (
            open_recogniser(settings.recogniser or settings.asr)
            if Need.RECOGNISER in settings.needs
            else None
        )
        self._speaker_model: SpeakerModel | None = (
            open_speaker_model(settings.speaker_model) if Need.SPEAKER_MODEL in settings.needs else None
        )
        self._baseline_voices: dict[tuple[str, int], Embedding] = {}

    @property
    def digest(self) -> str:
        """SHA-256 of the weights of its checkpoint."""
        return self._checkpoint.digest

    def subject(self, utterance: Utterance) -> Subject:
        """The utterance of a task and what it is compared with.

        Raises:
            DemoError: when it cannot be made.
        """
        self.made = []
        task = utterance.task
        if task.variant in (RECORDINGS, TEACHER):
            taught = task.variant == TEACHER
            folder = self._settings.teacher if taught else self._settings.references
            return self._heard(task, read_recording(_recording(folder, task)))
        return self._spoken(task, utterance.baseline)

    def _heard(self, task: Task, samples: Samples) -> Subject:
        return Subject(spoken_form(self._sentences[task.number]), samples, self._recogniser)

    def _spoken(self, task: Task, kept: bytes | None) -> Subject:
        reseeded = task.variant == RESEEDED
        engine = self._engine(BASELINE.name if reseeded else task.variant)
        plan, *further = (
            plan_speech(
                self._checkpoint,
                self._sentences[task.number],
                self._speakers[task.speaker],
                self._settings.seed + reseeded + index,
            )
            for index in range(self._settings.seeds)
        )
        if task.variant == BASELINE.name:
            spoken = speak(engine, plan)
            self.made.append(_kept(task, spoken))
            samples, frames = spoken.samples, None
            limit = spoken.prenet_inputs
        else:
            samples, frames = _baseline(kept)
            limit = frames
            spoken = speak(engine, bounded(plan, frames))
        if task.number <= PLAYED:
            path = audio_file(Path(), task.variant, task.speaker, task.number)
            self.made.append(MadeFile(path, wav_bytes(spoken.samples, SAMPLING_RATE)))
        return Subject(
            spoken_text=plan.spoken_text,
            samples=spoken.samples,
            recogniser=self._recogniser,
            spoken=spoken,
            baseline=samples,
            along=lambda: speak_along(engine, plan, frames) if frames is not None else None,
            recording=lambda: read_recording(_recording(self._settings.references, task)),
            warped=lambda recording: self._warped(recording, spoken, plan),
            speaker_model=self._speaker_model,
            baseline_voice=lambda: self._baseline_voice(task, samples),
            reseeded=tuple(partial(_samples, engine, bounded(other, limit)) for other in further),
        )

    def _engine(self, variant: str) -> Engine:
        if variant not in self._engines:
            self._engines.clear()  # one at a time: a full-size variant takes up to 0.6 GB
            self._engines[variant] = make_engine(self._checkpoint, self._variants[variant])
        return self._engines[variant]

    def _baseline_voice(self, task: Task, samples: Samples) -> Embedding:
        """Who speaks in the baseline's samples: every variant is compared with it, so it is kept."""
        assert self._speaker_model is not None
        place = task.speaker, task.number
        if place not in self._baseline_voices:
            self._baseline_voices[place] = self._speaker_model.embed(samples)
        return self._baseline_voices[place]

    @cached_property
    def _vocoder(self) -> Any:
        return self._checkpoint.load_vocoder()

    def _warped(self, recording: Samples, spoken: Spoken, plan: SpeechPlan) -> tuple[Samples, Samples]:
        if len(plan.pieces) > 1:
            raise QualityError(
                "The sentence is spoken in several pieces; its spectrogram has no pauses to warp."
            )
        return warped_onto(recording, spoken.samples, spoken.mel, self._vocoder)


def _recording(folder: Path | None, task: Task) -> Path:
    path = find_recording(folder, task.speaker, task.number) if folder is not None else None
    if path is None:
        raise QualityError(f"There is no recording of sentence {task.number} by {task.speaker}.")
    return path


def _samples(engine: Engine, plan: SpeechPlan) -> Samples:
    """Speech of which nothing but the sound is wanted."""
    return speak(engine, plan, want_attention=False).samples


def _kept(task: Task, spoken: Spoken) -> MadeFile:
    """The baseline's speech, for the variants that are compared with it."""
    content = BytesIO()
    np.savez(content, spoken.samples, *(spoken.prenet_inputs or ()))
    return MadeFile(baseline_file(Path(), task.speaker, task.number), content.getvalue())


def _baseline(kept: bytes | None) -> tuple[Samples, Frames]:
    try:
        if kept is None:
            raise ValueError("no file")
        with np.load(BytesIO(kept)) as arrays:
            samples, *heard = (arrays[name] for name in arrays.files)
            return samples, tuple(heard)
    except (OSError, ValueError, KeyError) as error:
        raise QualityError("The baseline's speech of this sentence is missing: it failed.") from error
