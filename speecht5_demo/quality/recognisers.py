"""Who listens for the word error rate: pocketsphinx, which needs no network, or a transformers checkpoint.

Pocketsphinx is a weak recogniser: a fifth to a third of the words of clean synthetic speech are wrong. Its
rates mean something only beside its floor, and between variants that spoke the same sentences.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.wav import as_int16

OFFLINE = "pocketsphinx"
POCKETSPHINX = Library("pocketsphinx")
RECOGNISER_LIBRARIES = (POCKETSPHINX,)
LEAD_IN_S, LEAD_OUT_S = 0.2, 0.3
"""Synthetic speech starts and ends abruptly, which costs the first and last word."""
DITHER_SD = 3.0  # in 16-bit steps: digital silence has no logarithm

STATES = 1500  # hidden Markov states a frame; the package's 30,000 cost half as much time again
LOOKAHEAD = 3  # frames of phone lookahead; the default is 5. What both do to the words is in docs/quality.md


class Recogniser(Protocol):
    """Speech in, text out; the same speech always gives the same text."""

    name: str

    def transcribe(self, samples: Samples) -> str:
        """What is said in mono samples at 16 kHz.

        Raises:
            QualityError: when the recogniser fails on them.
        """


def open_recogniser(name: str) -> Recogniser:
    """`pocketsphinx`, or any automatic-speech-recognition checkpoint of transformers: a hub id or a folder.

    Raises:
        QualityError: when it cannot be opened.
    """
    return PocketSphinx() if name == OFFLINE else TransformersRecogniser(name)


def recogniser_libraries(name: str) -> tuple[Library, ...]:
    """What the recogniser called `name` imports from the optional set."""
    return (POCKETSPHINX,) if name == OFFLINE else ()


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
        self.name = OFFLINE
        self._decoder = POCKETSPHINX.load("WER").Decoder(
            samprate=SAMPLING_RATE, maxhmmpf=STATES, pl_window=LOOKAHEAD, loglevel="FATAL"
        )

    def transcribe(self, samples: Samples) -> str:
        """What the decoder makes of `samples`; an empty string when it hears no word."""
        try:
            # Without this, the front end remembers earlier utterances, and the order of a run changes its words.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            self._decoder.process_raw(padded(samples).tobytes(), full_utt=True)
            self._decoder.end_utt()
        except RuntimeError as error:
            raise QualityError(f"pocketsphinx failed: {error}") from error
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""


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
                f"Give a folder or a hub id that this machine can reach, or use --asr {OFFLINE}."
            ) from error

    def transcribe(self, samples: Samples) -> str:
        """What the checkpoint makes of `samples`."""
        try:
            heard: Any = self._pipeline(
                {"raw": np.asarray(samples, np.float32), "sampling_rate": SAMPLING_RATE}
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise QualityError(f"{self.name} failed: {error}") from error
        return str(heard["text"])
