"""Whisper through CTranslate2: the recogniser that reads what a voice says about as well as a person would.

    open_recogniser("whisper-tiny.en").transcribe(samples).text

The same speech always gives the same text: beam search without sampling, on one thread. Whisper was taught on windows
of 30 s and spends most of its time on the silence that fills them. A sentence is heard as well in a window of 15 s, in
a third of the time; in one of 10 s it now and then is written down twice.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.transcript import NO_SPEECH, REPEATED, Transcript, joined

FASTER_WHISPER = Library("faster_whisper", "faster-whisper")
FRAMES_A_SECOND = 100
WINDOW_S, LONGEST_S = 15.0, 30.0
TRAILING_SILENCE_S = 1.0  # of silence after the last word, without which it is easily lost
BEAM = 5
TOKENS, TOKENS_A_SECOND = 16, 12  # nobody speaks faster; an endless repeat is cut here
REPEATED_FROM = 2.4  # bytes over zlib's bytes, as in Whisper's own decoder
SILENT_FROM, UNSURE_BELOW = 0.6, -1.0  # probability of no speech, mean log probability: likewise


class Whisper:
    """A Whisper checkpoint in CTranslate2's form, decoding by beam search.

    Raises:
        QualityError: when it does not open.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        library = FASTER_WHISPER.load("Word errors by Whisper")
        try:
            self._model: Any = library.WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise QualityError(
                f"The recogniser in {folder} does not open: {str(error).splitlines()[0]}"
            ) from error
        multilingual = self._model.model.is_multilingual
        self._tokens: Any = import_module("faster_whisper.tokenizer").Tokenizer(
            self._model.hf_tokenizer, multilingual, task="transcribe", language="en"
        )

    def transcribe(self, samples: Samples) -> Transcript:
        """What is said in mono samples at 16 kHz; a made-up text counts as none, and the remark says so."""
        size = int(LONGEST_S * SAMPLING_RATE)
        return joined([self._piece(samples[start : start + size]) for start in range(0, len(samples), size)])

    def _piece(self, samples: Samples) -> Transcript:
        seconds = len(samples) / SAMPLING_RATE
        prompt = [*self._tokens.sot_sequence, self._tokens.no_timestamps]
        try:
            result = self._model.model.generate(
                self._model.encode(self._spectrogram(samples)),
                [prompt],
                beam_size=BEAM,
                max_length=min(224, TOKENS + int(TOKENS_A_SECOND * seconds)),
                return_scores=True,
                return_no_speech_prob=True,
            )[0]
        except (RuntimeError, ValueError) as error:
            raise QualityError(f"{self.name} failed: {error}") from error
        text = str(self._tokens.decode(result.sequences_ids[0])).strip()
        if result.no_speech_prob > SILENT_FROM and result.scores[0] < UNSURE_BELOW:
            return Transcript("", NO_SPEECH)
        return Transcript("", REPEATED) if repeats_itself(text) else Transcript(text)

    def _spectrogram(self, samples: Samples) -> Any:
        """Log-mel frames of the speech in a window that leaves room after it, shape (80, frames)."""
        mel = self._model.feature_extractor(np.asarray(samples, np.float32))
        mel = mel[:, : -(-len(samples) * FRAMES_A_SECOND // SAMPLING_RATE)]
        wanted = max(WINDOW_S, mel.shape[1] / FRAMES_A_SECOND + TRAILING_SILENCE_S)
        frames = int(min(wanted, LONGEST_S) * FRAMES_A_SECOND)
        return np.pad(mel, ((0, 0), (0, max(0, frames - mel.shape[1]))))


def repeats_itself(text: str) -> bool:
    """Whether a text is so repetitive that a recogniser made it up: zlib finds little in it."""
    written = text.encode()
    return bool(written) and len(written) / len(zlib.compress(written)) > REPEATED_FROM
