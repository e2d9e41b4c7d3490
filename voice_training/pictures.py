"""Where a voice listens in its text while it speaks, as a picture: a straight rising line is a voice that
reads.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

_CELL = 2


def draw_attention(attentions: list[npt.NDArray[np.float32]], path: Path) -> None:
    """Save maps (steps, tokens) side by side as a PNG: time to the right, text upwards, dark where it
    listens.
    """
    height = max(attention.shape[1] for attention in attentions)
    panels = []
    for attention in attentions:
        panel = np.full((height, attention.shape[0] + 4), 255, np.uint8)
        shade = 255 - (attention / attention.max(1, keepdims=True).clip(1e-6) * 235).astype(np.uint8)
        panel[height - attention.shape[1] :, : attention.shape[0]] = shade.T[::-1]
        panels.append(panel)
    picture = Image.fromarray(np.concatenate(panels, axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.resize((picture.width * _CELL, picture.height * _CELL), Image.Resampling.NEAREST).save(path)
