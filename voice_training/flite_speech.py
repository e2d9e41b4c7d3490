"""The free synthesizer flite, called through its C library: the fast teacher, which reads hours in minutes.

flite is small, fast and permissively licensed, and it tells when each word starts and ends. The library is called
directly because its command line reports no times. Debian and Ubuntu: `apt-get install flite`.

flite draws the breath noise of some voices from C's generator, which a whole process shares: whatever else draws from
it, in any thread, changes the noise. So flite speaks in a process of its own.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import multiprocessing
import os
import threading
import zlib
from contextlib import suppress
from ctypes import POINTER, Structure, c_char_p, c_float, c_int, c_short, c_uint, c_void_p
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from speecht5_demo.interruption import uninterrupted_children
from voice_training import VoiceTrainingError
from voice_training.teacher_speech import SpokenWord, TeacherSpeech

SPEAKERS = ("slt", "rms", "awb", "kal16")
"""flite's four 16 kHz voices: slt is female American, rms male American, awb male Scottish, kal16 male American."""

_GAIN = {"kal16": 2.0}
"""kal16 is recorded 6 dB below the others; a listener would turn the volume up and down between voices."""

_LIBRARY_FOLDER = "FLITE_LIBRARIES"
_SOUND_LIBRARY = "libasound.so.2"


class _Wave(Structure):
    _fields_ = (
        ("type", c_char_p),
        ("sample_rate", c_int),
        ("num_samples", c_int),
        ("num_channels", c_int),
        ("samples", POINTER(c_short)),
    )


def _library(name: str) -> ctypes.CDLL:
    """One of flite's libraries, from the folder in FLITE_LIBRARIES, else from where the system keeps them.

    Raises:
        VoiceTrainingError: it is not installed.
    """
    folder = os.environ.get(_LIBRARY_FOLDER)
    file = f"lib{name}.so.1"
    try:
        return ctypes.CDLL(str(Path(folder) / file) if folder else file, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise VoiceTrainingError(
            f"The teacher flite needs {file}, which is not installed: run "
            f"`apt-get install flite`, or name the folder of its libraries in {_LIBRARY_FOLDER}."
        ) from error


def _load_sound_library() -> None:
    """flite's library wants ALSA's, though nothing here plays a sound; a folder of libraries may bring it along."""
    folder = os.environ.get(_LIBRARY_FOLDER)
    if folder and (Path(folder) / _SOUND_LIBRARY).is_file():
        ctypes.CDLL(str(Path(folder) / _SOUND_LIBRARY), mode=ctypes.RTLD_GLOBAL)


class Flite:
    """flite's C functions in this process, and one loaded voice for each speaker asked for; for one thread."""

    def __init__(self) -> None:
        _load_sound_library()
        self._main = _library("flite")
        _library("flite_usenglish")
        _library("flite_cmulex")
        self._voices: dict[str, int] = {}
        declare = self._declare
        declare("flite_init", c_int)
        self._synthesize = declare("flite_synth_text", c_void_p, c_char_p, c_void_p)
        self._relation = declare("utt_relation", c_void_p, c_void_p, c_char_p)
        self._head = declare("relation_head", c_void_p, c_void_p)
        self._next = declare("item_next", c_void_p, c_void_p)
        self._daughter = declare("item_daughter", c_void_p, c_void_p)
        self._as = declare("item_as", c_void_p, c_void_p, c_char_p)
        self._number = declare("item_feat_float", c_float, c_void_p, c_char_p)
        self._string = declare("item_feat_string", c_char_p, c_void_p, c_char_p)
        self._wave = declare("utt_wave", c_void_p, c_void_p)
        self._delete = declare("delete_utterance", None, c_void_p)
        self._seed = ctypes.CDLL(None).srand
        self._seed.argtypes = [c_uint]
        self._main.flite_init()

    def _declare(self, name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(self._main, name)
        function.restype = result
        function.argtypes = list(arguments)
        return function

    def _voice(self, speaker: str) -> int:
        if speaker not in self._voices:
            register = getattr(_library(f"flite_cmu_us_{speaker}"), f"register_cmu_us_{speaker}")
            register.restype = c_void_p
            register.argtypes = [c_void_p]
            self._voices[speaker] = register(None)
        return self._voices[speaker]

    def say(self, text: str, speaker: str) -> TeacherSpeech | None:
        """`text` spoken, or None where flite's words cannot be matched one to one with the written ones.

        C's generator is seeded by the text: unseeded, a sentence would depend on those spoken before it.
        """
        if not text.isascii():
            return None
        self._seed(zlib.crc32(text.encode()))
        utterance = self._synthesize(text.encode("ascii"), self._voice(speaker))
        try:
            wave = ctypes.cast(self._wave(utterance), POINTER(_Wave)).contents
            samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768
            words = self._words(utterance)
        finally:
            self._delete(utterance)
        if not words or len(words) != len(text.split()):
            return None
        return TeacherSpeech(samples=(samples * _GAIN.get(speaker, 1.0)).astype(np.float32), words=words)

    def _words(self, utterance: int) -> tuple[SpokenWord, ...]:
        """Words with the times of their first and last sound; empty where sounds and words do not add up."""
        sounds = self._sounds(utterance)
        words: list[SpokenWord] = []
        used = 0
        token = self._head(self._relation(utterance, b"Token"))
        while token:
            size = self._sounds_in(token)
            if size == 0 or used + size > len(sounds):
                return ()
            name = self._string(token, b"name").decode("ascii")
            words.append(SpokenWord(name, sounds[used][0], sounds[used + size - 1][1]))
            used += size
            token = self._next(token)
        return tuple(words) if used == len(sounds) else ()

    def _sounds(self, utterance: int) -> list[tuple[float, float]]:
        """Start and end of each sound, pauses left out."""
        sounds: list[tuple[float, float]] = []
        start = 0.0
        segment = self._head(self._relation(utterance, b"Segment"))
        while segment:
            end = self._number(segment, b"end")
            if self._string(segment, b"name") != b"pau":
                sounds.append((start, end))
            start = end
            segment = self._next(segment)
        return sounds

    def _sounds_in(self, token: int) -> int:
        """How many sounds one written word has: token -> words -> syllables -> sounds."""
        count = 0
        word = self._daughter(token)
        while word:
            structure = self._as(word, b"SylStructure")
            syllable = self._daughter(structure) if structure else None
            while syllable:
                sound = self._daughter(syllable)
                while sound:
                    count += 1
                    sound = self._next(sound)
                syllable = self._next(syllable)
            word = self._next(word)
        return count


class FliteProcess:
    """flite in a process of its own, which ends with this one, however this one ends."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_speak_for, args=(theirs,), name="flite", daemon=True)
        with uninterrupted_children():
            self._process.start()
        theirs.close()
        self._one_at_a_time = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Of that process."""
        return self._process.pid

    def say(self, text: str, speaker: str) -> TeacherSpeech | None:
        """As :meth:`Flite.say`: the same samples each time, whatever else goes on in this process.

        Raises:
            VoiceTrainingError: flite is not installed, or its process has ended.
        """
        with self._one_at_a_time:
            try:
                self._connection.send((text, speaker))
                answer: TeacherSpeech | VoiceTrainingError | None = self._connection.recv()
            except (EOFError, OSError) as error:
                raise VoiceTrainingError(
                    "The process of flite has ended: run the same command again."
                ) from error
        if isinstance(answer, VoiceTrainingError):
            raise answer
        return answer


def _speak_for(asking: Connection) -> None:
    """Say what is asked for until the asking process is gone."""
    speaking = cache(Flite)
    answer: TeacherSpeech | VoiceTrainingError | None
    with suppress(EOFError, OSError):  # it has gone, also while a text was spoken for it
        while True:
            text, speaker = asking.recv()
            try:
                answer = speaking().say(text, speaker)
            except VoiceTrainingError as error:
                answer = error
            asking.send(answer)


@cache
def flite() -> FliteProcess:
    """The one of this process."""
    return FliteProcess()
