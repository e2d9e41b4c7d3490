"""Audio while it is made: chunks whose concatenation is exactly the speech that `speak` would return."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.synthesis.engine import Utterance
from speecht5_demo.synthesis.joining import FADE_S, TAIL_S
from speecht5_demo.synthesis.speech import Speech
from speecht5_demo.wav import Tags, WavStream

Samples: TypeAlias = NDArray[np.float32]
Piece = Generator[Samples, None, Utterance]
"""Yields the samples of one piece as they are made and returns the whole."""


class Joiner:
    """Fades and pauses of `join`, applied while samples arrive.

    The last samples of a piece are held back until it is known that they are the last, for they are faded.
    """

    def __init__(self, sampling_rate: int) -> None:
        self._rate = sampling_rate
        self._ramp = np.linspace(0.0, 1.0, round(FADE_S * sampling_rate), dtype=np.float32)
        self._held = np.zeros(0, np.float32)
        self._begun = False

    def add(self, samples: Samples) -> Samples:
        """More samples of the piece; returns those that are ready to play."""
        self._held = np.concatenate([self._held, samples])
        fade = len(self._ramp)
        if len(self._held) < 2 * fade:
            return self._held[:0]
        if not self._begun:
            self._held[:fade] *= self._ramp
            self._begun = True
        ready, self._held = self._held[:-fade], self._held[-fade:]
        return np.clip(ready, -1.0, 1.0)

    def end(self, pause_s: float) -> Samples:
        """The piece is over; returns its last samples and the pause after it."""
        size = min(len(self._ramp), len(self._held) if self._begun else len(self._held) // 2)
        if size:
            ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)
            if not self._begun:
                self._held[:size] *= ramp
            self._held[-size:] *= ramp[::-1]
        rest = np.clip(self._held, -1.0, 1.0)
        self._held, self._begun = self._held[:0], False
        return np.concatenate([rest, np.zeros(round(pause_s * self._rate), np.float32)])


class SpeechStream(Iterator[Samples]):
    """Iterate over it for float32 chunks in [-1, 1]; afterwards `speech` is the whole.

    Args:
        pieces: one generator a piece of the text.
        pauses_s: seconds of silence after each; the last is replaced by a short tail.
        sampling_rate: in Hz.
        whole: makes the speech of the utterances and the samples that were played.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        pauses_s: Sequence[float],
        sampling_rate: int,
        whole: Callable[[list[Utterance], Samples], Speech],
    ) -> None:
        self.sampling_rate = sampling_rate
        self.speech: Speech | None = None
        """The whole, once the last chunk was taken."""
        self.first_audio_s: float | None = None
        """Seconds of computing before the first chunk, once it was taken."""
        self._chunks = self._run(pieces, pauses_s, whole)

    def __next__(self) -> Samples:
        return next(self._chunks)

    def close(self) -> None:
        """End the run; nothing more is computed."""
        self._chunks.close()

    def _run(
        self,
        pieces: Sequence[Piece],
        pauses_s: Sequence[float],
        whole: Callable[[list[Utterance], Samples], Speech],
    ) -> Generator[Samples, None, None]:
        joiner, utterances, played = Joiner(self.sampling_rate), list[Utterance](), list[Samples]()
        begin = time.perf_counter()
        for index, (piece, pause_s) in enumerate(zip(pieces, pauses_s, strict=True)):
            while True:
                try:
                    ready = joiner.add(next(piece))
                except StopIteration as end:
                    utterances.append(end.value)
                    break
                if len(ready):
                    self.first_audio_s = self.first_audio_s or time.perf_counter() - begin
                    played.append(ready)
                    yield ready
            played.append(joiner.end(TAIL_S if index == len(pieces) - 1 else pause_s))
            if index == len(pieces) - 1:
                self.first_audio_s = self.first_audio_s or time.perf_counter() - begin
                self.speech = whole(utterances, np.concatenate(played))
            yield played[-1]


def write_stream(stream: SpeechStream, sink: BinaryIO, tags: Tags | None = None) -> None:
    """Write a WAV, each chunk as soon as it is made; the lengths are set at the end where `sink` can seek."""
    wav = WavStream(sink, stream.sampling_rate, tags)
    for chunk in stream:
        wav.write(chunk)
    wav.close()
