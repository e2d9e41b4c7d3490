"""The speakers' vectors: four directions at right angles, so that a blend of any two is a point between them.

The model normalises a vector's length away; what is left of a blend is its angle, which moves evenly with
the share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from speecht5_demo.voice_training.teacher import SPEAKERS

VECTOR_SIZE = 512
_SEED = 7
_COLUMNS = 8


def speaker_vectors() -> dict[str, npt.NDArray[np.float32]]:
    """A unit vector of shape (512,) for each speaker; always the same, since trained weights depend on
    them.
    """
    generator = torch.Generator().manual_seed(_SEED)
    columns, _ = torch.linalg.qr(torch.randn(_COLUMNS, VECTOR_SIZE, generator=generator).T)
    return {name: columns[:, i].contiguous().numpy() for i, name in enumerate(SPEAKERS)}
