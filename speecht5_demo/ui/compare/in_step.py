"""A blind run of a long text: all of its samples grow together, a piece of the text at a time.

A page may know of a piece when every version has spoken it, and of all at once: neither the order, nor the time, nor
the number of pieces that a version speaks in one go tells anything. The versions take turns, whoever has the fewest
pieces first, in an order of its own: whoever can tell from their own waiting how long each turn took learns of no card.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

from speecht5_demo.listening.levelling import apply_gain
from speecht5_demo.synthesis import Speech
from speecht5_demo.synthesis.streaming import Samples
from speecht5_demo.ui.compare.levels import level_gains
from speecht5_demo.ui.compare.live import LiveAudio, LiveSample, LiveStreams, Step
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.voice_queue import Kind
from speecht5_demo.variants import Variant

Speaker = Generator[list[Samples], None, Speech]


class Voice(Protocol):
    """Begins to speak the run's text with a variant, a few pieces a turn."""

    def __call__(self, variant: Variant) -> Speaker: ...


@dataclass
class _Version:
    """One sample that is being made.

    Attributes:
        speaking: makes the next pieces.
        pieces: those that are made.
        speech: the whole, in the end.
    """

    speaking: Speaker
    pieces: list[Samples] = field(default_factory=list)
    speech: Speech | None = None

    def go_on(self) -> None:
        """Make one turn's pieces."""
        try:
            self.pieces += next(self.speaking)
        except StopIteration as end:
            speech: Speech = end.value
            self.speech = speech
            ends = (0, *speech.piece_ends)
            self.pieces = [speech.samples[start:end] for start, end in itertools.pairwise(ends)]


def speak_in_step(
    run: Run, voice: Voice, streams: LiveStreams, rate: int
) -> Generator[Kind, None, list[Speech]]:
    """Speak all versions of a run; its page hears each piece of all of them once the last has it.

    Args:
        run: blind; its order is already a shuffled one.
        voice: speaks.
        streams: keeps what is heard early.
        rate: samples a second.

    Returns:
        The speeches, in the order of the run.
    """
    versions = [_Version(voice(variant)) for variant in run.order]
    turns = secrets.SystemRandom().sample(versions, len(versions))
    growing = _Growing(run, streams, rate)
    try:
        while unfinished := [version for version in turns if version.speech is None]:
            if any(version.pieces for version in versions):
                yield Kind.AUDIO
            min(unfinished, key=lambda version: len(version.pieces)).go_on()
            growing.give([version.pieces for version in versions])
        return [version.speech for version in versions if version.speech is not None]
    finally:
        for version in versions:
            version.speaking.close()
        growing.close()


class _Growing:
    """What is heard early of all versions of a run."""

    def __init__(self, run: Run, streams: LiveStreams, rate: int) -> None:
        self._run = run
        self._streams = streams
        self._rate = rate
        self._step = Step()
        self._audio: list[LiveAudio] = []
        self._gains: list[float] = []

    @property
    def begun(self) -> bool:
        """Whether there is anything to hear."""
        return bool(self._audio)

    def give(self, pieces: list[list[Samples]]) -> None:
        """Give out the pieces that every version has, levelled by their first one."""
        ready = min(len(each) for each in pieces)
        if ready == self._step.additions:
            return
        if not self.begun:
            self._gains = level_gains([each[0] for each in pieces], self._rate)
            opened = [self._streams.open(self._rate, self._step) for _ in pieces]
            self._audio = [audio for _, audio in opened]
            lives = tuple(
                LiveSample(index, variant, token)
                for index, (variant, (token, _)) in enumerate(zip(self._run.order, opened, strict=True))
            )
        else:
            lives = self._run.lives
        for index in range(self._step.additions, ready):
            for audio, gain, each in zip(self._audio, self._gains, pieces, strict=True):
                audio.add(apply_gain(each[index], gain))
        self._step.additions = ready
        self._run.lives = lives
        self._run.pieces_out = ready
        self._run.piece_out_at = time.monotonic()

    def close(self) -> None:
        """No more comes."""
        self._step.over = True
