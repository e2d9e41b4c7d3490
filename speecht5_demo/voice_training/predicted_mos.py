"""Predicted opinion of listeners, by Microsoft's DNSMOS P.808, where its library is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from speecht5_demo.errors import VoiceTrainingError

_LIBRARY = "speechmos"


def available() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec(_LIBRARY) is not None


def predicted_mos(utterances: Sequence[npt.NDArray[np.float32]]) -> list[float | None]:
    """A score from 1 to 5 for each utterance at 16 kHz.

    Raises:
        VoiceTrainingError: when the library is not installed.
    """
    if not available():
        raise VoiceTrainingError(
            "Predicted opinion scores need speechmos: run `pip install speechmos==0.0.1.1`."
        )
    dnsmos: Any = importlib.import_module(f"{_LIBRARY}.dnsmos")
    return [float(dnsmos.run(samples.clip(-1, 1), sr=16_000)["p808_mos"]) for samples in utterances]
