"""A mel spectrogram as a small picture, one for a light page and one for a dark page.

Two colours of the theme are mixed in a straight line of lightness, so that loudness reads the same at every
frequency and to eyes that see colours differently.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUIET_LOG10 = -4.0
LOUD_LOG10 = 1.0
"""Range of log10 mel magnitudes drawn: silence of the feature extractor's floor up to loud speech."""

DAY = ((251, 250, 247), (94, 164, 150), (6, 48, 46))
NIGHT = ((13, 20, 23), (24, 120, 112), (214, 252, 240))

Colours = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]


def spectrogram_png(mel: NDArray[np.float32], colours: Colours, max_width: int = 640) -> bytes:
    """Draw a log10 mel spectrogram, low frequencies at the bottom.

    Args:
        mel: log10 magnitudes, shape (frames, bins).
        colours: quiet, middle and loud, as RGB.
        max_width: pixels; longer speech is averaged down.

    Returns:
        A PNG of `bins` pixels in height.
    """
    share = np.clip((mel.T[::-1] - QUIET_LOG10) / (LOUD_LOG10 - QUIET_LOG10), 0.0, 1.0)
    if share.shape[1] > max_width:
        edges = np.linspace(0, share.shape[1], max_width + 1).astype(int)[:-1]
        share = np.add.reduceat(share, edges, axis=1) / np.diff([*edges, share.shape[1]])
    ramp = np.stack(
        [np.interp(share, (0.0, 0.5, 1.0), channel) for channel in zip(*colours, strict=True)], axis=-1
    )
    picture = BytesIO()
    Image.fromarray(ramp.round().astype(np.uint8)).save(picture, format="PNG", optimize=True)
    return picture.getvalue()
