"""How a voice in training does on development lines: the figures that choose which weights are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Tokenizer

from voice_training.acoustic.batches import AcousticClips
from voice_training.acoustic.model import speaking_copy
from voice_training.acoustic.training import validation_losses
from voice_training.evaluation import Reference, SpeakerFigures, evaluate
from voice_training.speaker_encoding import Encoding
from voice_training.synthesis import Utterance, Voice, draw_attention


class Validation:
    """Lets the voice speak the same development lines each time, and draws where its attention was.

    Args:
        references: the development lines as the teacher reads them.
        clips: of the same lines, as the model is trained on them. frames: of one batch of them.
        vocoder: gives the vocoder to speak with, as good as it is by then.
        pictures: the folder for what is drawn. workers: processes that recognise.
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
    ) -> None:
        self._references, self._tokenizer, self._encodings = references, tokenizer, encodings
        self._clips, self._frames = clips, frames
        self._vocoder, self._pictures, self._workers = vocoder, pictures, workers

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
        return losses | _summary(figures)


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
