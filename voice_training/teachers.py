"""Whom a voice learns from: anyone who reads texts aloud and can tell when each word is spoken.

A teacher is one choice behind one interface. `Flite` and `Kokoro` read any text and know its words' times; Kokoro is
the natural one. `Recordings` are files with transcripts, which are read as they are; their words' times are guessed. A
further synthesizer is a class with what `Teacher` asks for, and a name in `find_teacher`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from speecht5_demo.quality.recordings import read_recording
from voice_training import VoiceTrainingError
from voice_training.flite_speech import SPEAKERS, flite
from voice_training.kokoro_model import VOICES
from voice_training.kokoro_speech import audible_span, kokoro, spelled_sounds
from voice_training.teacher_speech import SpokenWord, TeacherSpeech
from voice_training.texts import TextSets, normalised


@dataclass(frozen=True)
class Line:
    """One text for one speaker to read."""

    text: str
    speaker: str


class Teacher(Protocol):
    """A reader of texts. It is told to other processes, so it keeps no open library of its own."""

    @property
    def description(self) -> str:
        """Who it is, for the model card, to follow "read by"."""

    @property
    def licence(self) -> str:
        """A sentence for the model card: under which terms it may be learned from."""

    @property
    def speakers(self) -> Mapping[str, str]:
        """Name and label of each speaker, as the app offers them: the first is its default."""

    @property
    def encoding_order(self) -> Sequence[str]:
        """The speakers' names in the order of their encodings, which trained weights depend on."""

    def training_lines(self, texts: TextSets, seed: int) -> list[Line]:
        """What it reads for training."""

    def development_lines(self, texts: TextSets) -> list[Line]:
        """What it reads to choose weights by; none of it is in the training lines."""

    def read(self, line: Line) -> TeacherSpeech | None:
        """The line at 16 kHz with its words' times, always the same, or None where it cannot.

        Raises:
            DemoError: it is not installed, or its file cannot be read.
        """

    def pronounced(self, text: str) -> Sequence[str]:
        """The text's phonemes, a word apart from the next by a space, once for each accent; none: it does not tell."""


class _ReadsAnything:
    """The lines of a synthesizer: every text that there is."""

    encoding_order: Sequence[str]

    def training_lines(self, texts: TextSets, seed: int) -> list[Line]:
        """One random speaker a text."""
        chance = random.Random(seed)
        return [Line(text, chance.choice(self.encoding_order)) for text in texts.training]

    def development_lines(self, texts: TextSets) -> list[Line]:
        """Every text by every speaker."""
        return [Line(text, name) for text in texts.development for name in self.encoding_order]


class Flite(_ReadsAnything):
    """The free synthesizer flite and its four voices."""

    description = "the free synthesizer flite"
    licence = "flite and its voices are distributed under a permissive, BSD-like licence."
    encoding_order = SPEAKERS

    @property
    def speakers(self) -> Mapping[str, str]:
        """rms, the most intelligible, is the default."""
        return {
            "rms": "Rms, a man's voice (US English)",
            "slt": "Slt, a woman's voice (US English)",
            "awb": "Awb, a man's voice (Scottish English)",
            "kal16": "Kal, a man's voice (US English, robotic)",
        }

    def read(self, line: Line) -> TeacherSpeech | None:
        """As flite says it; None where its words do not match the written ones, or the speaker is none of its own."""
        if line.speaker not in self.encoding_order:
            return None
        return flite().say(line.text, line.speaker)

    def pronounced(self, text: str) -> Sequence[str]:
        """Nothing: only what it says is known."""
        return ()


class Kokoro(_ReadsAnything):
    """The natural synthesizer Kokoro-82M: two women and two men, American and British."""

    description = "the synthesizer Kokoro-82M, which is nobody's recording"
    licence = (
        "Kokoro-82M's weights and voices, by hexgrad, are distributed under the Apache License 2.0; what it reads is "
        "synthetic speech, no recording of any person."
    )
    encoding_order = tuple(VOICES)

    @property
    def speakers(self) -> Mapping[str, str]:
        """bf_emma, of whom the built-in voice has the highest predicted MOS, is the default."""
        return {
            "bf_emma": "Emma, a woman's voice (British English)",
            "am_michael": "Michael, a man's voice (US English)",
            "af_heart": "Heart, a woman's voice (US English)",
            "bm_george": "George, a man's voice (British English)",
        }

    def read(self, line: Line) -> TeacherSpeech | None:
        """As Kokoro says it; None where a word has no sound of its own, or the speaker is none of these."""
        if line.speaker not in self.encoding_order:
            return None
        return kokoro().say(line.text, line.speaker)

    def pronounced(self, text: str) -> Sequence[str]:
        """In American and in British English."""
        return tuple(spelled_sounds(text, british) for british in (False, True))


@dataclass(frozen=True)
class Recordings:
    """Files `folder/SPEAKER/NAME.wav` with their transcript in `NAME.txt` beside them.

    Every twentieth recording of a speaker is held out. A transcript that has other characters than the voice's (digits:
    write them out) is left out.
    """

    folder: Path

    @property
    def description(self) -> str:
        """The folder's name."""
        return f"the speakers of the recordings in {self.folder.name}"

    @property
    def licence(self) -> str:
        """What `LICENCE.txt` in the folder says: a voice must not be passed on without knowing that.

        Raises:
            VoiceTrainingError: there is none.
        """
        file = self.folder / "LICENCE.txt"
        if not file.is_file():
            raise VoiceTrainingError(
                f"{self.folder} has no LICENCE.txt: write there, in a sentence, under which terms the recordings "
                "may be learned from."
            )
        return file.read_text(encoding="utf-8").strip()

    @property
    def speakers(self) -> Mapping[str, str]:
        """The folders' names."""
        return {name: name.capitalize() for name in self.encoding_order}

    @cached_property
    def encoding_order(self) -> Sequence[str]:
        """The folders' names in alphabetic order."""
        return tuple(dict.fromkeys(line.speaker for line in self._files))

    @cached_property
    def _files(self) -> dict[Line, Path]:
        files: dict[Line, Path] = {}
        for transcript in sorted(self.folder.glob("*/*.txt")):
            text = normalised(transcript.read_text(encoding="utf-8"))
            if text is not None:
                files.setdefault(Line(text, transcript.parent.name), transcript.with_suffix(".wav"))
        if not files:
            raise VoiceTrainingError(
                f"{self.folder} has no transcripts of recordings: put them there as SPEAKER/NAME.txt beside "
                "SPEAKER/NAME.wav, numbers written out."
            )
        return files

    def training_lines(self, texts: TextSets, seed: int) -> list[Line]:
        """All that is not held out, in random order."""
        held_out = set(self.development_lines(texts))
        lines = [line for line in self._files if line not in held_out]
        random.Random(seed).shuffle(lines)
        return lines

    def development_lines(self, texts: TextSets) -> list[Line]:
        """Every twentieth recording of each speaker."""
        by_speaker = ([line for line in self._files if line.speaker == name] for name in self.encoding_order)
        return [line for lines in by_speaker for line in lines[::20]]

    def read(self, line: Line) -> TeacherSpeech | None:
        """The recording of the line, its words spread over what is audible by their letters."""
        if line not in self._files:
            return None
        samples = read_recording(self._files[line])
        return TeacherSpeech(samples=samples, words=_spread(line.text.split(), *audible_span(samples)))

    def pronounced(self, text: str) -> Sequence[str]:
        """Nothing: only what was recorded is known."""
        return ()


def _spread(words: Sequence[str], start: float, end: float) -> tuple[SpokenWord, ...]:
    ends = np.cumsum([len(word) + 1 for word in words])
    times = start + (end - start) * np.concatenate([[0], ends]) / ends[-1]
    return tuple(
        SpokenWord(word, float(a), float(b)) for word, a, b in zip(words, times[:-1], times[1:], strict=True)
    )


_SYNTHESIZERS: Mapping[str, type[Flite] | type[Kokoro]] = {"flite": Flite, "kokoro": Kokoro}


def find_teacher(name: str) -> Teacher:
    """`flite`, `kokoro`, or the recordings in the folder of that name.

    Raises:
        VoiceTrainingError: it is none of these.
    """
    if name in _SYNTHESIZERS:
        return _SYNTHESIZERS[name]()
    if not Path(name).is_dir():
        raise VoiceTrainingError(f"{name} is no teacher: name flite, kokoro, or a folder of recordings.")
    return Recordings(Path(name))
