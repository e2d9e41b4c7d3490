"""Pictures of sounds over time, one for a light page and one for a dark page.

Two colours of the theme are mixed in a straight line of lightness, so that loudness reads the same at every
frequency and to eyes that see colours differently.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUIET_LOG10 = -4.0
LOUD_LOG10 = 1.0
"""Range of log10 mel magnitudes drawn: silence of the feature extractor's floor up to loud speech."""

DAY = ((251, 250, 247), (94, 164, 150), (6, 48, 46))
NIGHT = ((13, 20, 23), (24, 120, 112), (214, 252, 240))

WIDTH = 640
"""Of a picture at most, in pixels; longer speech is averaged down."""

Colours = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]


def spectrogram_png(mel: NDArray[np.float32], colours: Colours) -> bytes:
    """Draw a log10 mel spectrogram, low frequencies at the bottom.

    Args:
        mel: log10 magnitudes, shape (frames, bins).
        colours: quiet, middle and loud, as RGB.
    """
    share = np.clip((mel.T - QUIET_LOG10) / (LOUD_LOG10 - QUIET_LOG10), 0.0, 1.0)
    return picture_png(share, (0.0, 0.5, 1.0), colours)


def picture_png(rows: NDArray[Any], stops: tuple[float, float, float], colours: Colours) -> bytes:
    """A PNG whose pixels are as high as `rows` of shape (rows, frames), the first one at the bottom.

    Args:
        stops: values that have the three colours; between them colours are mixed.
    """
    drawn = rows[::-1]
    if drawn.shape[1] > WIDTH:
        edges = np.linspace(0, drawn.shape[1], WIDTH + 1).astype(int)[:-1]
        drawn = np.add.reduceat(drawn, edges, axis=1) / np.diff([*edges, drawn.shape[1]])
    mixed = np.stack([np.interp(drawn, stops, channel) for channel in zip(*colours, strict=True)], axis=-1)
    picture = BytesIO()
    Image.fromarray(mixed.round().astype(np.uint8)).save(picture, format="PNG", optimize=True)
    return picture.getvalue()
