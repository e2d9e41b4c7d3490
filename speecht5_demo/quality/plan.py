"""What an evaluation is: its sentences, speakers, variants and metrics, and the single pieces of work in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import Shard
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics import BY_NAME, Metric, Need
from speecht5_demo.quality.recognisers import WHISPER, FoundRecogniser
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.speaker_models import OFFLINE_SPEAKERS
from speecht5_demo.results import EvaluationSettings
from speecht5_demo.speakers import Speaker
from speecht5_demo.variants import BASELINE, Variant

RESEEDED = "floor:baseline-reseeded"
RECORDINGS = "floor:recordings"
TEACHER = "floor:teacher"
FLOORS = {
    RESEEDED: "Baseline, other dropout seed",
    RECORDINGS: "Natural recordings",
    TEACHER: "The voice's teacher",
}
"""Pseudo-variants that say how small a difference can get; no result about a variant is read without them."""
COMPARED_WITH_NOTHING = (BASELINE.name, RECORDINGS, TEACHER)


@dataclass(frozen=True)
class Settings:
    """Everything that decides what comes out; two runs with equal settings give equal rows.

    Attributes:
        checkpoint: what `open_checkpoint` takes.
        variants: to evaluate; the baseline is always the first.
        speakers: who speak.
        sentences: what they say.
        metrics: names, in their own order.
        asr: the recogniser, as `open_recogniser` takes it.
        references: folder of natural recordings, or None.
        speaker_model: for `similarity`: `resemblyzer`, or a transformers x-vector checkpoint.
        teacher: folder in which the voice's teacher reads the sentences, laid out as `references`, or None.
        seed: of the dropout masks; the reseeded floor takes the next one.
        seeds: how many of them word errors are averaged over, from `seed` on; all else is measured under the first.
        recogniser: `asr` and its weights, once they are found; None where nothing is transcribed.
    """

    checkpoint: str
    variants: tuple[Variant, ...]
    speakers: tuple[Speaker, ...]
    sentences: tuple[Sentence, ...]
    metrics: tuple[str, ...]
    asr: str = WHISPER
    references: Path | None = None
    speaker_model: str = OFFLINE_SPEAKERS
    teacher: Path | None = None
    seed: int = 0
    seeds: int = 1
    recogniser: FoundRecogniser | None = None

    def document(self) -> EvaluationSettings:
        """As it is written down, in `settings.json` and the summary."""
        return EvaluationSettings(
            checkpoint=self.checkpoint,
            variants={variant.name: tuple(map(repr, variant.steps)) for variant in self.variants},
            speakers={
                speaker.name: hashlib.sha256(speaker.vector.tobytes()).hexdigest()[:12]
                for speaker in self.speakers
            },
            sentences=tuple(sentence.text for sentence in self.sentences),
            metrics=self.metrics,
            asr=self.asr,
            references=str(self.references) if self.references else None,
            speaker_model=self.speaker_model,
            seed=self.seed,
            seeds=self.seeds,
            asr_source=self.recogniser.source if self.recogniser else "",
            asr_sha256=self.recogniser.sha256 if self.recogniser else "",
        )

    @property
    def needs(self) -> frozenset[Need]:
        """What its metrics need beside the sound of an utterance."""
        return frozenset[Need]().union(*(BY_NAME[name].needs for name in self.metrics))

    @property
    def floors(self) -> tuple[str, ...]:
        """The pseudo-variants of this evaluation."""
        wanted = {
            RESEEDED: True,
            RECORDINGS: self.references is not None,
            TEACHER: self.teacher is not None,
        }
        return tuple(floor for floor, there in wanted.items() if there and applicable(self.metrics, floor))


@dataclass(frozen=True)
class Task:
    """One utterance to make and measure.

    Attributes:
        variant: a variant's name, or a floor.
        speaker: who speaks.
        number: of the sentence.
        metrics: names to measure, in order.
    """

    variant: str
    speaker: str
    number: int
    metrics: tuple[str, ...]


def applicable(metrics: Sequence[str], variant: str) -> tuple[str, ...]:
    """Of some metrics, those that mean something for a variant, or for a floor."""
    return tuple(name for name in metrics if _applies(BY_NAME[name], variant))


def _applies(metric: Metric, variant: str) -> bool:
    if variant in (RECORDINGS, TEACHER):
        return metric.of_sound
    if variant == RESEEDED:
        return metric.relative
    return variant != BASELINE.name or not metric.relative


def phases(settings: Settings, shard: Shard | None = None) -> tuple[list[Task], list[Task]]:
    """Every utterance, or those of a shard: the baseline's, and then those that are compared with it.

    A shard has all variants of a sentence by a speaker, so that the baseline's speech is where it is needed.
    """
    places = [
        (sentence.number, speaker.name) for sentence in settings.sentences for speaker in settings.speakers
    ]
    others = [variant.name for variant in settings.variants if variant.name != BASELINE.name]
    return task_phases(settings.metrics, settings.floors, others, (shard or Shard()).part(places))


def task_phases(
    metrics: Sequence[str], floors: Sequence[str], others: Sequence[str], places: Sequence[tuple[int, str]]
) -> tuple[list[Task], list[Task]]:
    """The tasks of (sentence, speaker) places in both phases, one variant after the other."""

    def tasks(variants: Sequence[str]) -> list[Task]:
        return [
            Task(variant, speaker, number, applicable(metrics, variant))
            for variant in variants
            for number, speaker in places
        ]

    return tasks([BASELINE.name]), tasks([*floors, *others])


def checked(settings: Settings, checkpoint: Checkpoint) -> Settings:
    """The settings, if this checkpoint can be evaluated with them.

    Raises:
        QualityError: when the checkpoint does not speak, or a folder of recordings is missing.
    """
    if not checkpoint.listenable:
        raise QualityError(
            f"{checkpoint.title} has random weights: it makes no speech to measure. Choose another --checkpoint."
        )
    for option, folder in (("references", settings.references), ("teacher", settings.teacher)):
        if folder is not None and not folder.is_dir():
            raise QualityError(f"{folder} is no folder. Give the recordings' folder with --{option}.")
    return settings
