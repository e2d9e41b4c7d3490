"""The speakers' vectors: four directions at right angles, so that a blend of any two is a point between them.

The model normalises a vector's length away; what is left of a blend is its angle, which moves evenly with
the share. Each vector lies in sixteen values of its own, not in all 512: the model hears them beside its
hidden values, and 8-bit activations round away what is spread as thinly as 0.04 a value, and the speaker with it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speecht5_demo.quality.flite import SPEAKERS

VECTOR_SIZE = 512
SPEAKER_VALUES = 16
"""Values of a vector that one speaker has to itself."""

USED_VALUES = SPEAKER_VALUES * len(SPEAKERS)
"""The first values of a vector, which say who speaks; no speaker has anything in the others."""

_SEED = 7


def speaker_vectors() -> dict[str, npt.NDArray[np.float32]]:
    """A unit vector of shape (512,) for each speaker; always the same, since trained weights depend on
    them.
    """
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (len(SPEAKERS), SPEAKER_VALUES))
    vectors = {}
    for index, name in enumerate(SPEAKERS):
        vector = np.zeros(VECTOR_SIZE, np.float32)
        vector[index * SPEAKER_VALUES : (index + 1) * SPEAKER_VALUES] = signs[index] / SPEAKER_VALUES**0.5
        vectors[name] = vector
    return vectors


def blurred(vectors: Tensor, size: float) -> Tensor:
    """`vectors`, shape (B, 512), with noise of about that length among the used values.

    A model trained on four points alone does anything it likes beside them; on four clouds it moves evenly.
    """
    noise = torch.zeros_like(vectors)
    noise[:, :USED_VALUES] = torch.randn_like(noise[:, :USED_VALUES]) * (size / USED_VALUES**0.5)
    return vectors + noise
