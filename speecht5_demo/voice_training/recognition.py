"""What a recogniser hears: pocketsphinx, small enough to run on every evaluation and free of any download.

It is weak (a quarter of the words of clean synthetic speech are wrong), so its error only means something
beside the error on the teacher's reading of the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jiwer
import numpy as np
import numpy.typing as npt
import pocketsphinx

from speecht5_demo.voice_training.processes import in_processes

_SILENCE_BEFORE, _SILENCE_AFTER = 3200, 4800
_ROOM_NOISE = 3.0


@dataclass(frozen=True)
class Heard:
    """Word errors of one or many utterances: substitutions, deletions and insertions, and the words that
    were said.
    """

    errors: int
    words: int

    @property
    def rate(self) -> float:
        """Word error rate; above 1 where more was heard than said."""
        return self.errors / max(1, self.words)

    def __add__(self, other: Heard) -> Heard:
        return Heard(self.errors + other.errors, self.words + other.words)


@cache
def _decoder() -> Any:
    return pocketsphinx.Decoder(samprate=16000, loglevel="FATAL")


def heard_words(samples: npt.NDArray[np.float32]) -> str:
    """What pocketsphinx makes of float32 speech at 16 kHz: lower-case words, possibly none."""
    speech = (samples.clip(-1, 1) * 32767).astype(np.int16)
    speech = np.pad(speech, (_SILENCE_BEFORE, _SILENCE_AFTER))
    speech = speech + np.random.default_rng(0).normal(0, _ROOM_NOISE, len(speech)).astype(np.int16)
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(speech.tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr) if hypothesis else ""


def word_errors(text: str, heard: str) -> Heard:
    """How many words of `text` were heard wrongly; case and punctuation do not count."""
    said = _plain(text)
    if not said:
        raise ValueError(f"no words in {text!r}")
    result = jiwer.process_words(said, _plain(heard))
    return Heard(result.substitutions + result.deletions + result.insertions, len(said.split()))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]", " ", text.lower()).split())


def _errors_of(pair: tuple[str, npt.NDArray[np.float32]]) -> Heard:
    return word_errors(pair[0], heard_words(pair[1]))


def errors_in_all(pairs: Sequence[tuple[str, npt.NDArray[np.float32]]], workers: int) -> list[Heard]:
    """Word errors of each (text, speech), on as many processes as are worth it."""
    return list(in_processes(_errors_of, pairs, min(workers, len(pairs) // 8)))
