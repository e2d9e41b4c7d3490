"""A voice against its teacher: word errors, predicted opinion scores, lengths, stops, reading order.

Development lines are heard while it trains, for the score that chooses which weights are kept; Harvard sentences when
it is done. The recogniser is quality's own default; its rate on the teacher is the floor. Nobody taught a blend of two
speakers, so it has to be measured.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Tokenizer

from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.quality.metrics import require
from speecht5_demo.quality.metrics.predicted import distilled_mos
from speecht5_demo.quality.metrics.words import word_errors
from speecht5_demo.quality.reading import read
from speecht5_demo.quality.recognisers import WHISPER, Recogniser, open_recogniser
from speecht5_demo.quality.signals import SAMPLING_RATE, SILENCE_PEAK, Samples
from voice_training.acoustic_losses import AcousticClips
from voice_training.acoustic_model import Encoding, speaking_copy
from voice_training.acoustic_training import validation_losses
from voice_training.corpus import Clip, trimmed
from voice_training.devices import in_processes
from voice_training.model_card import BlendFigures, Evaluation, SpeakerFigures
from voice_training.settings import EvaluationSettings
from voice_training.teachers import Line, Teacher
from voice_training.texts import normalised_lines
from voice_training.voice import Utterance, Voice, draw_attention

MUCH_LONGER = 1.5
"""An utterance of more than this times the teacher's length is a failure that a listener hears."""

_TEST_ORDER = 5
_LONG_CHARACTERS = range(150, 201)
_WORST_OPINION = 1.0
_FEWEST_PER_PROCESS = 8


@dataclass(frozen=True)
class Heard:
    """How one utterance was heard.

    Attributes:
        errors: substituted, left out and added words. words: how many were to be said.
        predicted_mos: Distill-MOS, 1 to 5; None where it was not asked for.
    """

    errors: float
    words: int
    predicted_mos: float | None


@dataclass(frozen=True)
class Reference:
    """A line as the teacher reads it: as in a clip, without dither. None where this teacher cannot read it."""

    line: Line
    samples: Samples | None
    heard: Heard | None


def require_libraries(with_mos: bool) -> None:
    """Fail now, not after hours of training.

    Raises:
        QualityError: when a measuring library is not installed.
    """
    require(("wer", "distill-mos") if with_mos else ("wer",), WHISPER)


def harvard_sentences(count: int) -> list[str]:
    """`count` test sentences in a fixed random order; training and choosing never see them."""
    sentences = list(normalised_lines("harvard.txt"))
    random.Random(_TEST_ORDER).shuffle(sentences)
    return sentences[:count]


def long_sentences(count: int) -> list[str]:
    """`count` test texts of 150 to 200 characters: Harvard sentences one after the other."""
    sentences = harvard_sentences(10_000)[::-1]
    texts: list[str] = []
    while len(texts) < count:
        text = sentences.pop()
        while len(text) < _LONG_CHARACTERS.start:
            text += " " + sentences.pop()
        if len(text) in _LONG_CHARACTERS:
            texts.append(text)
    return texts


@dataclass(frozen=True)
class _Job:
    text: str
    samples: Samples
    with_mos: bool


@cache
def _recogniser() -> Recogniser:
    return open_recogniser()


def _hear(job: _Job) -> Heard:
    found = word_errors(job.text, _recogniser().transcribe(job.samples).text)
    opinion = opinion_of(job.samples) if job.with_mos else None
    return Heard(errors=found.wer * found.words, words=found.words, predicted_mos=opinion)


def opinion_of(samples: Samples) -> float:
    """Predicted MOS by Distill-MOS; silence, which the network refuses, is the worst."""
    return distilled_mos(samples) if np.abs(samples).max() >= SILENCE_PEAK else _WORST_OPINION


def _hear_all(spoken: Sequence[tuple[str, Samples]], with_mos: bool, workers: int) -> list[Heard]:
    """How each text is heard, in order, on as many cores as there are."""
    jobs = [_Job(text, samples, with_mos) for text, samples in spoken]
    return list(in_processes(_hear, jobs, min(workers, len(jobs) // _FEWEST_PER_PROCESS)))


def hear_teacher(
    teacher: Teacher, texts: Sequence[str], speakers: Sequence[str], workers: int, with_mos: bool
) -> list[Reference]:
    """Every text by each of the speakers, with what a recogniser makes of the teacher's reading."""
    lines = [Line(text, speaker) for speaker in speakers for text in texts]
    speech = [teacher.read(line) for line in lines]
    readings = [None if one is None else trimmed(one) for one in speech]
    return _references(lines, readings, workers, with_mos)


def hear_clips(clips: Sequence[Clip], workers: int) -> list[Reference]:
    """The same of clips that the teacher has read already."""
    lines = [Line(clip.text, clip.speaker) for clip in clips]
    readings: list[Samples | None] = [np.divide(clip.samples, 32768, dtype=np.float32) for clip in clips]
    return _references(lines, readings, workers, False)


def _references(
    lines: Sequence[Line], readings: Sequence[Samples | None], workers: int, with_mos: bool
) -> list[Reference]:
    read = [
        (line.text, samples) for line, samples in zip(lines, readings, strict=True) if samples is not None
    ]
    heard = iter(_hear_all(read, with_mos, workers))
    return [
        Reference(line, samples, None if samples is None else next(heard))
        for line, samples in zip(lines, readings, strict=True)
    ]


def evaluate(
    voice: Voice, references: Sequence[Reference], seeds: Sequence[int], workers: int, with_mos: bool
) -> tuple[list[SpeakerFigures], list[Utterance]]:
    """The voice's figures a speaker on those lines, and what it said, seed after seed.

    A recogniser is easily put off: with another seed the same sentences sound alike and are misheard in other places,
    so that the word errors over several say more than those of one.
    """
    lines = [reference.line for reference in references]
    utterances = [utterance for seed in seeds for utterance in voice.speak(lines, seed)]
    heard = _hear_all([(u.line.text, u.samples) for u in utterances], with_mos, workers)
    rows = list(zip([*references] * len(seeds), utterances, heard, strict=True))
    speakers = list(dict.fromkeys(line.speaker for line in lines))
    return [
        _figures(speaker, [row for row in rows if row[0].line.speaker == speaker]) for speaker in speakers
    ], utterances


def _figures(speaker: str, rows: Sequence[tuple[Reference, Utterance, Heard]]) -> SpeakerFigures:
    ratios = [
        utterance.seconds * SAMPLING_RATE / len(reference.samples)
        for reference, utterance, _ in rows
        if reference.samples is not None
    ]
    heard = [one for _, _, one in rows]
    teacher = [reference.heard for reference, _, _ in rows if reference.heard is not None]
    return SpeakerFigures(
        speaker=speaker,
        utterances=len(rows),
        word_errors=round(_error_rate(heard), 4),
        teacher_word_errors=round(_error_rate(teacher), 4) if teacher else None,
        predicted_mos=_mean_opinion(heard),
        teacher_predicted_mos=_mean_opinion(teacher),
        mean_length=round(float(np.mean(ratios)), 3) if ratios else None,
        longest=round(max(ratios), 3) if ratios else None,
        much_longer=sum(ratio > MUCH_LONGER for ratio in ratios),
        missing_stops=sum(not utterance.ended for _, utterance, _ in rows),
        monotone=round(float(np.mean([_reads_once(utterance) for _, utterance, _ in rows])), 3),
    )


def _error_rate(heard: Sequence[Heard]) -> float:
    """Word error rate over all utterances; above 1 where more was heard than said."""
    return sum(one.errors for one in heard) / sum(one.words for one in heard)


def _mean_opinion(heard: Sequence[Heard]) -> float | None:
    scores = [one.predicted_mos for one in heard if one.predicted_mos is not None]
    return round(float(np.mean(scores)), 3) if scores else None


def _reads_once(utterance: Utterance) -> bool:
    """Whether attention went through the text once, from left to right, to its end."""
    reading = read(utterance.attention[None])
    return reading.repeats == 0 and reading.skips == 0


def evaluate_blends(
    voice: Voice, texts: Sequence[str], speakers: Sequence[str], workers: int
) -> list[BlendFigures]:
    """Every even blend of two of the speakers on every text."""
    pairs = {f"{a}+{b}": (a, b) for a, b in itertools.combinations(speakers, 2)}
    blends = {name: (voice.encodings[a] + voice.encodings[b]) / 2**0.5 for name, (a, b) in pairs.items()}
    blended = Voice(voice.acoustic, voice.vocoder, voice.tokenizer, blends)
    utterances = blended.speak([Line(text, name) for name in pairs for text in texts], 0)
    heard = _hear_all([(u.line.text, u.samples) for u in utterances], False, workers)
    figures = []
    for index, pair in enumerate(pairs.values()):
        mine = slice(index * len(texts), (index + 1) * len(texts))
        stops = sum(not utterance.ended for utterance in utterances[mine])
        figures.append(BlendFigures(pair, len(texts), round(_error_rate(heard[mine]), 4), stops))
    return figures


def evaluate_folder(
    folder: Path,
    teacher: Teacher,
    settings: EvaluationSettings,
    workers: int,
    device: torch.device,
    say: Callable[[str], None],
) -> Evaluation:
    """Figures of the voice in `folder`, exactly as the app loads it: several seeds, long texts, blends of speakers."""
    checkpoint = open_checkpoint(str(folder))
    acoustic, vocoder = checkpoint.load_acoustic(), checkpoint.load_vocoder()
    for model in (acoustic, vocoder):
        nn.Module.to(model, device)
    encodings = {name: speaker.vector for name, speaker in checkpoint.speakers.items()}
    voice = Voice(acoustic, vocoder, checkpoint.tokenizer, encodings)
    speakers = list(encodings)
    say(f"evaluation: the teacher reads {settings.sentences} Harvard sentences a speaker")
    sentences = harvard_sentences(settings.sentences)
    references = hear_teacher(teacher, sentences, speakers, workers, settings.with_mos)
    say(f"evaluation: the voice reads them with {settings.seeds} seeds")
    by_speaker, _ = evaluate(voice, references, range(settings.seeds), workers, settings.with_mos)
    long: list[SpeakerFigures] = []
    if settings.long_texts:
        say(f"evaluation: {settings.long_texts} long texts a speaker")
        long_references = hear_teacher(
            teacher, long_sentences(settings.long_texts), speakers, workers, with_mos=False
        )
        long, _ = evaluate(voice, long_references, [0], workers, with_mos=False)
    blends: list[BlendFigures] = []
    if settings.blend_sentences:
        say(f"evaluation: {settings.blend_sentences} sentences by every blend of two speakers")
        blends = evaluate_blends(voice, sentences[: settings.blend_sentences], speakers, workers)
    return Evaluation(settings.sentences, settings.seeds, by_speaker, long, blends)


class Validation:
    """Lets the voice speak the same development lines each time, and draws where its attention was.

    Args:
        references: the development lines as the teacher reads them.
        clips: of the same lines, as the model is trained on them. frames: of one batch of them.
        vocoder: gives the vocoder to speak with, as good as it is by then.
        pictures: the folder for what is drawn. workers: processes that recognise.
        opinions: utterances a speaker whose opinion scores are predicted.
    """

    def __init__(
        self,
        references: Sequence[Reference],
        tokenizer: SpeechT5Tokenizer,
        encodings: Mapping[str, Encoding],
        clips: AcousticClips,
        frames: int,
        vocoder: Callable[[], SpeechT5HifiGan],
        pictures: Path,
        workers: int,
        opinions: int,
    ) -> None:
        self._references, self._tokenizer, self._encodings = references, tokenizer, encodings
        self._clips, self._frames = clips, frames
        self._vocoder, self._pictures, self._workers = vocoder, pictures, workers
        self._opinions = opinions

    def measure(self, model: SpeechT5ForTextToSpeech, step: int) -> dict[str, float]:
        """Validation losses and free-running figures; `score` is what to keep the least of."""
        losses = validation_losses(model, self._clips, self._frames)
        voice = Voice(speaking_copy(model), self._vocoder(), self._tokenizer, self._encodings)
        figures, utterances = evaluate(voice, self._references, [0], self._workers, with_mos=False)
        longest = [
            max((u for u in utterances if u.line.speaker == speaker.speaker), key=_text_length).attention
            for speaker in figures
        ]
        draw_attention(longest, self._pictures / f"step-{step:06d}.png")
        return losses | _summary(figures) | self._opinion(utterances)

    def _opinion(self, utterances: Sequence[Utterance]) -> dict[str, float]:
        """Mean predicted MOS of the first utterances of each speaker."""
        heard: list[Samples] = []
        for speaker in self._encodings:
            mine = [u.samples for u in utterances if u.line.speaker == speaker]
            heard += mine[: self._opinions]
        return {"predicted_mos": round(float(np.mean(list(map(opinion_of, heard)))), 3)} if heard else {}


def _summary(figures: list[SpeakerFigures]) -> dict[str, float]:
    """Means over speakers; `score` adds what no listener forgives to the word error rate."""
    failed = float(np.mean([max(f.missing_stops, f.much_longer) / f.utterances for f in figures]))
    errors = float(np.mean([f.word_errors for f in figures]))
    floor = [f.teacher_word_errors for f in figures if f.teacher_word_errors is not None]
    return {
        "word_errors": round(errors, 4),
        "teacher_word_errors": round(float(np.mean(floor)), 4),
        "failed": round(failed, 4),
        "monotone": round(float(np.mean([f.monotone for f in figures])), 4),
        "score": round(errors + failed, 4),
    }


def _text_length(utterance: Utterance) -> int:
    return len(utterance.line.text)
