"""Clips laid end to end in large tensors on the training device, so that a batch is one gather and no
copy.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from speecht5_demo.voice_training.corpus import Clip
from speecht5_demo.voice_training.features import HOP


@dataclass(frozen=True)
class ClipStore:
    """All clips of a set.

    Attributes:
        mel: float16, shape (total frames, 80).
        samples: int16, shape (total frames * 256,); empty where only the mel frames are needed.
        first: where each clip starts in `mel`.
        frames: how many frames each clip has.
    """

    mel: Tensor
    samples: Tensor
    first: tuple[int, ...]
    frames: tuple[int, ...]

    @classmethod
    def of(cls, clips: Sequence[Clip], device: torch.device, with_samples: bool) -> ClipStore:
        """Copy the clips to the device."""
        frames = tuple(clip.frames for clip in clips)
        samples = np.concatenate([clip.samples for clip in clips]) if with_samples else np.zeros(0, np.int16)
        return cls(
            mel=torch.from_numpy(np.concatenate([clip.mel for clip in clips])).to(device),
            samples=torch.from_numpy(samples).to(device),
            first=tuple(int(start) for start in np.cumsum((0, *frames[:-1]))),
            frames=frames,
        )

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of every mel bin, each of shape (80,)."""
        some = self.mel[: 200 * 1000].float()
        return some.mean(0), some.std(0)

    def random_pieces(self, count: int, frames: int, chance: random.Random) -> tuple[Tensor, Tensor]:
        """`count` random pieces: first frame of each, and which frames they are, shape (count, frames)."""
        longest = len(self.mel) - frames
        starts: list[int] = []
        while len(starts) < count:
            clip = chance.randrange(len(self.first))
            room = self.frames[clip] - frames
            if room >= 0:
                starts.append(min(longest, self.first[clip] + chance.randint(0, room)))
        start = torch.tensor(starts, device=self.mel.device)
        return start, start[:, None] + torch.arange(frames, device=self.mel.device)

    def waveforms(self, start: Tensor, frames: int) -> Tensor:
        """The samples of pieces, float32 in [-1, 1], shape (pieces, frames * 256)."""
        index = start[:, None] * HOP + torch.arange(frames * HOP, device=self.samples.device)
        return self.samples[index].float() / 32768
