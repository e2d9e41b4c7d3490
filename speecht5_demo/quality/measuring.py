"""From one utterance to its rows: each metric is measured by itself, and a failure of one is a row with a
reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from speecht5_demo.errors import DemoError, QualityError
from speecht5_demo.quality.cepstra import Alignment, align
from speecht5_demo.quality.perceptual import pesq, stoi
from speecht5_demo.quality.pitch import PitchErrors, pitch_errors
from speecht5_demo.quality.plan import Task
from speecht5_demo.quality.predicted import predicted_mos
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.signals import SILENCE_PEAK, Samples
from speecht5_demo.quality.similarity import similarity
from speecht5_demo.quality.words import WordErrors, normalised, word_errors

if TYPE_CHECKING:
    from speecht5_demo.quality.recognisers import Recogniser
    from speecht5_demo.quality.similarity import Embedding, SpeakerModel
    from speecht5_demo.quality.speaking import Spoken

T = TypeVar("T")

NOT_MEASURED = "not measured:"
NO_ATTENTION = f"{NOT_MEASURED} this engine keeps no attention"
NOT_DRIVEN = f"{NOT_MEASURED} this engine cannot be driven along given frames"
SILENT = "the output is silent: every word counts as missed"


@dataclass
class Subject:
    """An utterance, and all that it may be compared with.

    Attributes:
        spoken_text: what was to be said.
        samples: what came out, at 16 kHz.
        recogniser: who listens.
        spoken: the run behind the samples; None for recordings.
        baseline: the baseline's samples; None where they are not compared with.
        along: makes the length-locked samples, or None where the engine cannot be driven.
        recording: reads the natural recording.
        warped: from it, makes the recording and the re-vocoded utterance, of equal length.
        speaker_model, baseline_voice: for `similarity`; the latter gives the baseline's embedding.
    """

    spoken_text: str
    samples: Samples
    recogniser: Recogniser | None = None
    spoken: Spoken | None = None
    baseline: Samples | None = None
    along: Callable[[], Samples | None] | None = None
    recording: Callable[[], Samples] | None = None
    warped: Callable[[Samples], tuple[Samples, Samples]] | None = None
    speaker_model: SpeakerModel | None = None
    baseline_voice: Callable[[], Embedding] | None = None

    @cached_property
    def words(self) -> WordErrors:
        """What the recogniser makes of it."""
        if self.silent:
            return word_errors(self.spoken_text, "")
        return word_errors(self.spoken_text, _given(self.recogniser, "a recogniser").transcribe(self.samples))

    @cached_property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.samples.size == 0 or float(np.abs(self.samples).max()) < SILENCE_PEAK

    @cached_property
    def alignment(self) -> Alignment:
        """The utterance on the baseline's time."""
        return align(_given(self.baseline, "the baseline"), self.samples)

    @cached_property
    def pitch(self) -> PitchErrors:
        """Pitch and voicing against the baseline."""
        return pitch_errors(_given(self.baseline, "the baseline"), self.samples, self.alignment.path)

    @cached_property
    def locked(self) -> tuple[Samples, Samples]:
        """The baseline and the variant driven along it."""
        driven = self.along() if self.along is not None else None
        if driven is None:
            raise QualityError(NOT_DRIVEN)
        return _given(self.baseline, "the baseline"), driven

    @cached_property
    def recorded(self) -> Samples:
        """The natural recording."""
        return _given(self.recording, "a recording")()


def measure(task: Task, metric: str, subject: Subject) -> Row:
    """One row; a failure of any kind that a library or a signal can cause is its reason."""
    key = (task.variant, task.speaker, task.number, metric)
    try:
        if metric == "wer":
            found = subject.words
            return Row(*key, found.wer, found.words, SILENT if subject.silent else "", found.hypothesis)
        if metric == "cer":
            found = subject.words
            return Row(*key, found.cer, found.characters, SILENT if subject.silent else "")
        return Row(*key, float(_MEASURES[metric](subject)))
    except DemoError as error:
        return Row(*key, None, _weight(metric, subject), str(error))
    except (
        ArithmeticError,
        AssertionError,
        IndexError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        return Row(*key, None, _weight(metric, subject), f"{type(error).__name__}: {error}")


def _weight(metric: str, subject: Subject) -> float:
    text = normalised(subject.spoken_text)
    return float({"wer": len(text.split()), "cer": len(text)}.get(metric, 1))


def _duration(subject: Subject) -> float:
    return len(subject.samples) / len(_given(subject.baseline, "the baseline"))


def _readings(subject: Subject, name: str) -> list[float]:
    readings = _given(subject.spoken, "a free run").readings
    if readings is None:
        raise QualityError(NO_ATTENTION)
    return [float(getattr(reading, name)) for reading in readings]


def _similarity(subject: Subject) -> float:
    model = _given(subject.speaker_model, "a speaker model")
    return similarity(_given(subject.baseline_voice, "the baseline")(), model.embed(subject.samples))


def _given(value: T | None, name: str) -> T:
    if value is None:
        raise QualityError(f"{NOT_MEASURED} there is no {name.removeprefix('the ').removeprefix('a ')} here")
    return value


_MEASURES: dict[str, Callable[[Subject], float]] = {
    "pesq": lambda subject: pesq(*subject.locked),
    "stoi": lambda subject: stoi(*subject.locked),
    "mcd": lambda subject: subject.alignment.distance_db,
    "f0": lambda subject: subject.pitch.cents,
    "voicing": lambda subject: subject.pitch.voicing,
    "duration": _duration,
    "stop": lambda subject: float(not _given(subject.spoken, "a free run").ended),
    "repeats": lambda subject: sum(_readings(subject, "repeats")),
    "skips": lambda subject: sum(_readings(subject, "skips")),
    "monotonicity": lambda subject: float(np.mean(_readings(subject, "monotonicity"))),
    "predicted-mos": lambda subject: predicted_mos(subject.samples),
    "similarity": _similarity,
    "pesq-recording": lambda subject: pesq(*_given(subject.warped, "a recording")(subject.recorded)),
    "mcd-recording": lambda subject: align(subject.recorded, subject.samples).distance_db,
}
