"""Who speaks: models that turn speech into a speaker embedding.

Resemblyzer needs no network: its package carries its encoder (GE2E, Wan et al. 2018; 256 values). On the teacher's four
voices two sentences of one speaker give 0.80 to 0.93, of two speakers 0.41 to 0.72. Any x-vector checkpoint of
transformers, such as `microsoft/wavlm-base-plus-sv`, can stand in for it.
"""

from __future__ import annotations

import warnings
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import QualityError
from speecht5_demo.messages import Message
from speecht5_demo.quality.libraries import ALONE, Library
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples, audible

OFFLINE_SPEAKERS = "resemblyzer"
RESEMBLYZER = Library("resemblyzer", requirements=ALONE)
SHORTEST_S = 0.5  # of voiced sound; less than a third of the encoder's window says little about who speaks

Embedding = NDArray[np.float32]


class SpeakerModel(Protocol):
    """Speech in, a vector for who speaks out."""

    name: str

    def embed(self, samples: Samples) -> Embedding:
        """Who speaks in mono samples at 16 kHz, shape (n,).

        Raises:
            QualityError: when they are silent, or too short for the model.
        """


def open_speaker_model(name: str) -> SpeakerModel:
    """`resemblyzer`, or any x-vector checkpoint of transformers: a hub id or a folder.

    Raises:
        QualityError: when it cannot be opened.
    """
    return Resemblyzer() if name == OFFLINE_SPEAKERS else XVectors(name)


def speaker_libraries(name: str) -> tuple[Library, ...]:
    """What the speaker model called `name` imports from the optional set."""
    return (RESEMBLYZER,) if name == OFFLINE_SPEAKERS else ()


class Resemblyzer:
    """The speaker encoder that comes inside the resemblyzer package."""

    def __init__(self) -> None:
        self.name = OFFLINE_SPEAKERS
        with warnings.catch_warnings():
            # It imports scipy's functions by their old address.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._library = RESEMBLYZER.load("Speaker similarity")
        self._encoder = self._library.VoiceEncoder("cpu", verbose=False)

    def embed(self, samples: Samples) -> Embedding:
        """Who speaks; loudness and long pauses are taken out before, as the encoder was trained."""
        voiced = self._library.preprocess_wav(audible(samples, "similarity"))
        if len(voiced) < SHORTEST_S * SAMPLING_RATE:
            raise QualityError(
                Message(
                    "{encoder}: {found} s of voiced sound, it needs {least} s.",
                    encoder=self.name,
                    found=f"{len(voiced) / SAMPLING_RATE:.2f}",
                    least=SHORTEST_S,
                )
            )
        return np.asarray(self._encoder.embed_utterance(voiced), dtype=np.float32)


class XVectors:
    """An x-vector checkpoint of transformers."""

    def __init__(self, name: str) -> None:
        import torch
        from transformers import AutoFeatureExtractor, AutoModelForAudioXVector

        self.name = name
        self._torch = torch
        try:
            self._features: Any = AutoFeatureExtractor.from_pretrained(name)
            self._model: Any = AutoModelForAudioXVector.from_pretrained(name, dtype=torch.float32).eval()
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise QualityError(
                f"The speaker model {name} does not open: {str(error).splitlines()[0]} Give a folder or a hub id that "
                f"this machine can reach, use --speaker-model {OFFLINE_SPEAKERS}, or leave similarity out."
            ) from error

    def embed(self, samples: Samples) -> Embedding:
        """Who speaks."""
        inputs = self._features(
            audible(samples, "similarity"), sampling_rate=SAMPLING_RATE, return_tensors="pt"
        )
        try:
            with self._torch.inference_mode():
                return np.asarray(self._model(**inputs).embeddings[0].numpy(), dtype=np.float32)
        except RuntimeError as error:
            raise QualityError(f"{self.name}: {str(error).splitlines()[0]}") from error
