"""How a voice in training does on development texts: the figures that choose which weights are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.acoustic import validation_losses
from voice_training.acoustic_model import speaking_copy
from voice_training.corpus import Clip
from voice_training.evaluation import (
    MUCH_LONGER,
    SpeakerFigures,
    development_texts,
    listen_to_teacher,
    measure,
)
from voice_training.materials import Materials
from voice_training.pictures import draw_attention
from voice_training.speaker_vectors import speaker_vectors
from voice_training.speaking import Line, Utterance, Voice


class Rehearsal:
    """Speaks the same development lines at every measurement, and draws where the voice listened.

    Args:
        reduction: mel frames a step of the models to be measured.
        vocoder: gives the vocoder to speak with, as good as it is by then.
        listen: whether a recogniser hears the lines. Without one (a machine that has none), the choice falls
            back on the validation loss and on lines that do not end in time.
        workers: processes that listen.
    """

    def __init__(
        self,
        materials: Materials,
        reduction: int,
        vocoder: Callable[[], SpeechT5HifiGan],
        pictures: Path,
        listen: bool,
        workers: int,
    ) -> None:
        settings = materials.settings
        self._vocoder, self._pictures = vocoder, pictures
        self._tokenizer = materials.processor.tokenizer
        self._clips = materials.with_tokens(materials.development, reduction)
        self._frames = settings.acoustic.frames
        self._workers = workers
        chosen = development_texts(materials.texts.development, settings.development_texts)
        self._spoken = [clip for clip in materials.development if clip.text in chosen]
        self._teacher = listen_to_teacher(chosen, SPEAKERS, self._workers, with_mos=False) if listen else None

    def measure(self, model: SpeechT5ForTextToSpeech, step: int) -> dict[str, float]:
        """Validation losses and free-running figures; `score` is what to keep the least of."""
        losses = validation_losses(model, self._clips, self._frames)
        voice = Voice(speaking_copy(model), self._vocoder(), self._tokenizer)
        if self._teacher is not None:
            figures, utterances = measure(voice, self._teacher, [0], self._workers, with_mos=False)
            values = _summary(figures)
        else:
            utterances = voice.speak(_lines(self._spoken), 0)
            failed = _share_failed(utterances, self._spoken)
            values = {"failed": round(failed, 4), "score": round(losses["l1"] + failed, 4)}
        longest = [
            max((u for u in utterances if u.line.speaker == speaker), key=_text_length).attention
            for speaker in SPEAKERS
        ]
        draw_attention(longest, self._pictures / f"step-{step:06d}.png")
        return losses | values


def _lines(clips: list[Clip]) -> list[Line]:
    vectors = speaker_vectors()
    return [Line(clip.text, clip.speaker, vectors[clip.speaker]) for clip in clips]


def _share_failed(utterances: list[Utterance], clips: list[Clip]) -> float:
    """Share of lines that did not end by themselves or took far longer than the teacher."""
    failed = [
        not utterance.ended or len(utterance.samples) > MUCH_LONGER * len(clip.samples)
        for utterance, clip in zip(utterances, clips, strict=True)
    ]
    return sum(failed) / len(failed)


def _summary(figures: list[SpeakerFigures]) -> dict[str, float]:
    """Means over speakers; `score` adds what no listener forgives to the word error rate."""
    failed = float(np.mean([max(f.missing_stops, f.much_longer) / f.utterances for f in figures]))
    errors = float(np.mean([f.word_errors for f in figures]))
    return {
        "word_errors": round(errors, 4),
        "teacher_word_errors": round(float(np.mean([f.teacher_word_errors for f in figures])), 4),
        "failed": round(failed, 4),
        "monotone": round(float(np.mean([f.monotone for f in figures])), 4),
        "score": round(errors + failed, 4),
    }


def _text_length(utterance: Utterance) -> int:
    return len(utterance.line.text)
