"""Measure a voice against its teacher: on development texts while it trains, on Harvard sentences when it
is done.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speecht5_demo.quality.flite import SAMPLING_RATE, SPEAKERS, flite
from speecht5_demo.quality.metrics.attention import read
from voice_training.blends import BlendFigures, measure_blends
from voice_training.corpus import trimmed
from voice_training.listening import Heard, error_rate, hear_all, mean_opinion
from voice_training.settings import ExaminationSettings
from voice_training.speaker_vectors import speaker_vectors
from voice_training.speaking import Line, Utterance, Voice
from voice_training.texts import TEXT_FOLDER, normalised, read_lines

MUCH_LONGER = 1.5
"""An utterance of more than this times the teacher's length is a failure that a listener hears."""

_TEST_ORDER = 5
_LONG_CHARACTERS = range(150, 201)


@dataclass(frozen=True)
class SpeakerFigures:
    """What was measured on one speaker's utterances.

    Attributes:
        word_errors: share of words that the recogniser got wrong. teacher_word_errors: the same for the
            teacher.
        predicted_mos: DNSMOS P.808, 1 to 5; None where it was not asked for. teacher_predicted_mos:
            likewise.
        mean_length: mean of the utterances' lengths over the teacher's. longest: the largest.
        much_longer: utterances of more than 1.5 times the teacher's length. missing_stops: ended by the cap.
        monotone: share of utterances whose text was read once, from left to right, to its end.
    """

    speaker: str
    utterances: int
    word_errors: float
    teacher_word_errors: float
    predicted_mos: float | None
    teacher_predicted_mos: float | None
    mean_length: float
    longest: float
    much_longer: int
    missing_stops: int
    monotone: float


@dataclass(frozen=True)
class TeacherLine:
    """The teacher's reading of one text; `samples` as in a training clip, without dither."""

    text: str
    speaker: str
    samples: npt.NDArray[np.float32]
    heard: Heard


def harvard_sentences(count: int, folder: Path = TEXT_FOLDER) -> list[str]:
    """`count` test sentences in a fixed random order; training and choosing never see them."""
    sentences = [text for line in read_lines("harvard.txt", folder) if (text := normalised(line))]
    random.Random(_TEST_ORDER).shuffle(sentences)
    return sentences[:count]


def long_sentences(count: int, folder: Path = TEXT_FOLDER) -> list[str]:
    """`count` test texts of 150 to 200 characters: Harvard sentences one after the other."""
    sentences = harvard_sentences(10_000, folder)[::-1]
    texts: list[str] = []
    while len(texts) < count:
        text = sentences.pop()
        while len(text) < _LONG_CHARACTERS.start:
            text += " " + sentences.pop()
        if len(text) in _LONG_CHARACTERS:
            texts.append(text)
    return texts


def listen_to_teacher(
    texts: Sequence[str], speakers: Sequence[str], workers: int, with_mos: bool
) -> list[TeacherLine]:
    """Every text read by each of the speakers, with what a recogniser makes of it."""
    readings = [
        (text, speaker, trimmed(speech))
        for speaker in speakers
        for text in texts
        if (speech := flite().say(text, speaker)) is not None
    ]
    heard = hear_all([(text, samples) for text, _, samples in readings], with_mos, workers)
    return [
        TeacherLine(text, speaker, samples, one)
        for (text, speaker, samples), one in zip(readings, heard, strict=True)
    ]


def measure(
    voice: Voice, teacher: Sequence[TeacherLine], seeds: Sequence[int], workers: int, with_mos: bool
) -> tuple[list[SpeakerFigures], list[Utterance]]:
    """The voice's figures a speaker on the lines that the teacher read, and what it said, seed after seed.

    A recogniser is easily put off: with another seed the same sentences sound alike and are misheard in other places,
    so that the word errors over several say more than those of one.
    """
    vectors = speaker_vectors()
    lines = [Line(line.text, line.speaker, vectors[line.speaker]) for line in teacher]
    utterances = [utterance for seed in seeds for utterance in voice.speak(lines, seed)]
    teacher = [line for _ in seeds for line in teacher]
    heard = hear_all([(u.line.text, u.samples) for u in utterances], with_mos, workers)
    figures = []
    for speaker in SPEAKERS:
        mine = [i for i, line in enumerate(teacher) if line.speaker == speaker]
        if mine:
            figures.append(
                _figures(
                    speaker,
                    [teacher[i] for i in mine],
                    [utterances[i] for i in mine],
                    [heard[i] for i in mine],
                )
            )
    return figures, utterances


def _figures(
    speaker: str,
    teacher: list[TeacherLine],
    utterances: list[Utterance],
    heard: list[Heard],
) -> SpeakerFigures:
    ratios = [
        utterance.seconds * SAMPLING_RATE / len(line.samples)
        for utterance, line in zip(utterances, teacher, strict=True)
    ]
    by_teacher = [line.heard for line in teacher]
    return SpeakerFigures(
        speaker=speaker,
        utterances=len(utterances),
        word_errors=round(error_rate(heard), 4),
        teacher_word_errors=round(error_rate(by_teacher), 4),
        predicted_mos=_rounded(mean_opinion(heard)),
        teacher_predicted_mos=_rounded(mean_opinion(by_teacher)),
        mean_length=round(float(np.mean(ratios)), 3),
        longest=round(max(ratios), 3),
        much_longer=sum(ratio > MUCH_LONGER for ratio in ratios),
        missing_stops=sum(not utterance.ended for utterance in utterances),
        monotone=round(float(np.mean([_reads_once(u) for u in utterances])), 3),
    )


def _reads_once(utterance: Utterance) -> bool:
    """Whether attention went through the text once, from left to right, to its end."""
    reading = read(utterance.attention[None])
    return reading.repeats == 0 and reading.skips == 0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


@dataclass(frozen=True)
class Examination:
    """All figures of a finished voice; word error rates and lengths are on Harvard sentences.

    Attributes:
        by_speaker: on `sentences` sentences each, spoken with each of `seeds` seeds.
        long: with the first seed, on twenty texts of 150 to 200 characters a speaker.
        blends: even blends of two speakers.
    """

    sentences: int
    seeds: int
    by_speaker: list[SpeakerFigures]
    long: list[SpeakerFigures]
    blends: list[BlendFigures]

    @property
    def mean_word_errors(self) -> float:
        """Mean over speakers."""
        return float(np.mean([figures.word_errors for figures in self.by_speaker]))

    @property
    def mean_teacher_word_errors(self) -> float:
        """Mean over speakers."""
        return float(np.mean([figures.teacher_word_errors for figures in self.by_speaker]))

    @property
    def stops(self) -> dict[str, int]:
        """Utterances of all speakers and seeds, and how many did not stop by themselves or were much longer."""
        return {
            "utterances": sum(figures.utterances for figures in self.by_speaker),
            "missing_stops": sum(figures.missing_stops for figures in self.by_speaker),
            "much_longer": sum(figures.much_longer for figures in self.by_speaker),
        }

    def write(self, path: Path) -> None:
        """Save as JSON, means included."""
        means = {
            "mean_word_errors": round(self.mean_word_errors, 4),
            "mean_teacher_word_errors": round(self.mean_teacher_word_errors, 4),
        }
        path.write_text(
            json.dumps({**means, **asdict(self), "stops": self.stops}, indent=1) + "\n", encoding="utf-8"
        )


def examine(
    voice: Voice,
    speakers: Sequence[str],
    settings: ExaminationSettings,
    workers: int,
    say: Callable[[str], None],
) -> Examination:
    """The final measurement: Harvard sentences with several seeds, long texts, and blends of speakers."""
    say(f"measuring: the teacher reads {settings.sentences} Harvard sentences a speaker")
    sentences = harvard_sentences(settings.sentences)
    teacher = listen_to_teacher(sentences, speakers, workers, settings.with_mos)
    say(f"measuring: the voice reads them with {settings.seeds} seeds")
    by_speaker, _ = measure(voice, teacher, range(settings.seeds), workers, settings.with_mos)
    long: list[SpeakerFigures] = []
    if settings.long_texts:
        say(f"measuring: {settings.long_texts} long texts a speaker")
        long_teacher = listen_to_teacher(long_sentences(settings.long_texts), speakers, workers, False)
        long, _ = measure(voice, long_teacher, [0], workers, False)
    blends: list[BlendFigures] = []
    if settings.blend_sentences:
        say(f"measuring: {settings.blend_sentences} sentences by every blend of two speakers")
        blends = measure_blends(voice, sentences[: settings.blend_sentences], speakers, 0, workers)
    return Examination(
        sentences=settings.sentences,
        seeds=settings.seeds,
        by_speaker=by_speaker,
        long=long,
        blends=blends,
    )


def development_texts(texts: Sequence[str], count: int) -> list[str]:
    """`count` of the development texts, evenly spread, so that short and long ones are among them."""
    return list(texts[:: max(1, len(texts) // count)])[:count]
