"""Clips in groups of like length, so that batches have a few shapes and no others."""

from __future__ import annotations

import bisect
import itertools
import random
from dataclasses import dataclass

from voice_training.acoustic_batches import AcousticClips, in_eights

_SHORTEST_STEPS = 16
_WIDENING = 1.1
"""Each group's longest clip over that of the group before, once eight steps are less than that."""


@dataclass(frozen=True)
class LengthGroup:
    """Clips that are all padded to one shape.

    Attributes:
        first and last: their places among clips in the order of length; `last` is not among them.
        steps and tokens: what they are padded to. batch: how many of them are one batch.
        all_frames: mel frames of all of them together.
    """

    first: int
    last: int
    steps: int
    tokens: int
    batch: int
    all_frames: int

    def draw(self, chance: random.Random) -> list[int]:
        """Places of the clips of one batch."""
        return chance.sample(range(self.first, self.last), self.batch)


class LengthGroups:
    """All clips by length; every frame is as likely to be drawn.

    Args:
        frames: of one batch, padding included.
    """

    def __init__(self, clips: AcousticClips, frames: int) -> None:
        self._reduction = clips.reduction
        steps = [count // clips.reduction for count in clips.frames]
        self._groups: list[LengthGroup] = []
        first, longest = 0, _SHORTEST_STEPS
        while first < len(clips):
            last = bisect.bisect_right(steps, longest)
            if last > first:
                tokens = in_eights(max(clips.token_counts[first:last]))
                count = max(1, min(last - first, frames // (longest * clips.reduction)))
                total = sum(clips.frames[first:last])
                self._groups.append(LengthGroup(first, last, longest, tokens, count, total))
                first = last
            longest = max(longest + 8, in_eights(round(longest * _WIDENING)))
        self._cumulative = list(itertools.accumulate(group.all_frames for group in self._groups))

    def __len__(self) -> int:
        return len(self._groups)

    def draw(self, longest: int, chance: random.Random) -> LengthGroup:
        """A group of clips that fit into `longest` frames, or the shortest ones."""
        usable = [group for group in self._groups if group.steps * self._reduction <= longest]
        number = max(1, len(usable))
        return self._groups[
            bisect.bisect_left(
                self._cumulative, chance.uniform(0, self._cumulative[number - 1]), hi=number - 1
            )
        ]
