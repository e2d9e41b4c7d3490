"""Did the voice read its text once, from left to right? Read off the attention of a finished utterance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

LONGEST_RETREAT = 5
LONGEST_LEAP = 10
_MISSED_END = 6
_CELL = 2


@dataclass(frozen=True)
class Reading:
    """The path of attention through a text.

    Attributes:
        retreat: most tokens that attention fell back behind the furthest point it had reached; a loop is
            long.
        leap: most tokens that it went forward in one step of 32 ms; a skip is long.
        missed: tokens at the end that it never reached.
    """

    retreat: int
    leap: int
    missed: int

    @property
    def monotone(self) -> bool:
        """No loop, no skip, and the end was read."""
        return self.retreat <= LONGEST_RETREAT and self.leap <= LONGEST_LEAP and self.missed <= _MISSED_END


def read_alignment(attention: npt.NDArray[np.float32]) -> Reading:
    """The reading that an attention map, shape (steps, tokens), shows.

    A single step may glance elsewhere during a pause, so the path is the median over three steps.
    """
    path = attention.argmax(1)
    if len(path) >= 3:
        path = np.median(np.stack([path[:-2], path[1:-1], path[2:]]), axis=0)
    furthest = np.maximum.accumulate(path)
    return Reading(
        retreat=int((furthest - path).max()),
        leap=int(np.diff(path, prepend=0).max()),
        missed=int(attention.shape[1] - 1 - path.max()),
    )


def draw_attention(attentions: list[npt.NDArray[np.float32]], path: Path) -> None:
    """Save maps side by side as a PNG: time to the right, text upwards, dark where the voice listens."""
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
