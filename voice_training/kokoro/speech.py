"""Kokoro speaks: samples at 16 kHz and the times of the written words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from speecht5_demo.quality.flite import SpokenWord, TeacherSpeech
from speecht5_demo.quality.signals import SAMPLING_RATE
from voice_training import VoiceTrainingError
from voice_training.audible import audible_span
from voice_training.kokoro.files import KokoroFiles, installed_files
from voice_training.kokoro.graph import DURATION_SAMPLES, telling_durations
from voice_training.kokoro.phonemes import Phoneme, read_english, word_times

_RATE = 24_000
_SPEED = np.array([1.0], np.float32)
_EDGE = 0
"""The token before and after every text: silence."""


class KokoroSpeech:
    """The model of one process, on one thread; the same text is always the same samples.

    Args:
        files: its weights, tokens and voices.
        read: gives the phonemes of a text, in British English where asked.
        model: turns the packaged model into one with the outputs samples and durations.
    """

    def __init__(
        self,
        files: KokoroFiles,
        read: Callable[[str, bool], list[Phoneme]] = read_english,
        model: Callable[[bytes], bytes] = telling_durations,
    ) -> None:
        self._session = _session(model(files.model()))
        self._tokens = files.tokens()
        self._files, self._read = files, read
        self._styles: dict[str, npt.NDArray[np.float32]] = {}

    def say(self, text: str, speaker: str) -> TeacherSpeech | None:
        """`text` as the speaker says it; None where a written word has no sound of its own or the text is too long."""
        if speaker not in self._styles:
            self._styles[speaker] = self._files.styles(speaker)
        styles = self._styles[speaker]
        known = [
            phoneme for phoneme in self._read(text, speaker.startswith("b")) if phoneme.symbol in self._tokens
        ]
        if not 0 < len(known) <= len(styles):
            return None
        feed = {
            "tokens": np.array([[_EDGE, *(self._tokens[p.symbol] for p in known), _EDGE]], np.int64),
            "style": styles[len(known) - 1][None],
            "speed": _SPEED,
        }
        samples, durations = self._session.run(None, feed)
        written = text.split()
        times = word_times(known, durations.ravel() * (DURATION_SAMPLES / _RATE), len(written))
        if times is None:
            return None
        spoken = _at_16_khz(samples.ravel())
        times = _within(times, audible_span(spoken))
        words = tuple(SpokenWord(word, start, end) for word, (start, end) in zip(written, times, strict=True))
        return TeacherSpeech(samples=spoken, words=words)


def _within(times: list[tuple[float, float]], audible: tuple[float, float]) -> list[tuple[float, float]]:
    """The same times, from the first to the last sound.

    The token of silence reaches up to 80 ms into a first fricative, and the last sound's lasts 300 ms beyond it.
    """
    bounded = list(times)
    bounded[0] = (min(bounded[0][0], audible[0]), bounded[0][1])
    start, end = bounded[-1]
    bounded[-1] = (start, min(end, audible[1]) if audible[1] > start else end)
    return bounded


def _at_16_khz(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    resampled: npt.NDArray[np.float32] = resample_poly(samples, SAMPLING_RATE // 8000, _RATE // 8000)
    return np.clip(resampled, -1, 1).astype(np.float32)


def _session(model: bytes) -> Any:
    """On one thread: clips are made by as many processes as there are cores."""
    try:
        import onnxruntime
    except ImportError as error:
        raise VoiceTrainingError(
            "The natural teacher needs the package onnxruntime, which is not installed. Run `make voice-teacher`."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@cache
def kokoro() -> KokoroSpeech:
    """The one of this process."""
    return KokoroSpeech(installed_files())
