"""How the acoustic model is told who speaks: vectors at right angles, so that a blend of two is a point between them.

The model normalises a vector's length away; what is left of a blend is its angle, which moves evenly with the share.
Each vector lies in sixteen values of its own, not in all 512: the model hears them beside its hidden values, and 8-bit
activations round away what is spread as thinly as 0.04 a value, and the speaker with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ENCODING_SIZE = 512
_SPEAKER_VALUES = 16
_SEED = 7

Encoding = npt.NDArray[np.float32]
"""A unit vector of shape (512,)."""


def used_values(speakers: int) -> int:
    """How many of the first values say who speaks, for so many speakers; the others are 0."""
    return _SPEAKER_VALUES * speakers


def speaker_encodings(names: Sequence[str]) -> dict[str, Encoding]:
    """A vector for each speaker; always the same for the same place, since trained weights depend on them."""
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (len(names), _SPEAKER_VALUES))
    encodings = {}
    for index, name in enumerate(names):
        vector = np.zeros(ENCODING_SIZE, np.float32)
        vector[used_values(index) : used_values(index + 1)] = signs[index] / _SPEAKER_VALUES**0.5
        encodings[name] = vector
    return encodings


def blurred(encodings: Tensor, size: float, speakers: int) -> Tensor:
    """`encodings` of so many speakers, shape (B, 512), with noise of about length `size` among the used values.

    A model trained on points alone does anything it likes beside them; on clouds it moves evenly.
    """
    used = used_values(speakers)
    noise = torch.zeros_like(encodings)
    noise[:, :used] = torch.randn_like(noise[:, :used]) * (size / used**0.5)
    return encodings + noise
