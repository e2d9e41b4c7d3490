"""Clips laid end to end in large tensors on the training device, so that a batch is one gather and no
copy.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.corpus import Clip
from voice_training.features import HOP


@dataclass(frozen=True)
class Pieces:
    """Pieces of clips.

    Attributes:
        start: first frame of each, shape (count,). index: which frames they are, shape (count, frames).
        speakers: who speaks each, as a place in `SPEAKERS`, shape (count,).
    """

    start: Tensor
    index: Tensor
    speakers: Tensor


@dataclass(frozen=True)
class ClipStore:
    """All clips of a set.

    Attributes:
        mel: float16, shape (total frames, 80).
        samples: int16, shape (total frames * 256,); empty where only the mel frames are needed.
        first: where each clip starts in `mel`.
        frames: how many frames each clip has.
        speakers: who speaks each clip, as a place in `SPEAKERS`.
    """

    mel: Tensor
    samples: Tensor
    first: tuple[int, ...]
    frames: tuple[int, ...]
    speakers: tuple[int, ...]

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
            speakers=tuple(SPEAKERS.index(clip.speaker) for clip in clips),
        )

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of every mel bin, each of shape (80,)."""
        some = self.mel[: 200 * 1000].float()
        return some.mean(0), some.std(0)

    def random_pieces(
        self, count: int, frames: int, chance: random.Random, shares: Sequence[float] | None = None
    ) -> Pieces:
        """`count` random pieces of so many frames.

        Args:
            shares: how often each of `SPEAKERS` is heard; None: as often as the clips are theirs.
        """
        longest = len(self.mel) - frames
        starts: list[int] = []
        heard: list[int] = []
        while len(starts) < count:
            clip = self._random_clip(chance, shares)
            room = self.frames[clip] - frames
            if room >= 0:
                starts.append(min(longest, self.first[clip] + chance.randint(0, room)))
                heard.append(self.speakers[clip])
        start = torch.tensor(starts, device=self.mel.device)
        index = start[:, None] + torch.arange(frames, device=self.mel.device)
        return Pieces(start, index, torch.tensor(heard, device=self.mel.device))

    def _random_clip(self, chance: random.Random, shares: Sequence[float] | None) -> int:
        if shares is None:
            return chance.randrange(len(self.first))
        (speaker,) = chance.choices(range(len(shares)), weights=shares)
        return chance.choice(self._clips_of[speaker])

    @cached_property
    def _clips_of(self) -> dict[int, list[int]]:
        """Which clips each speaker reads."""
        clips: dict[int, list[int]] = {}
        for clip, speaker in enumerate(self.speakers):
            clips.setdefault(speaker, []).append(clip)
        return clips

    def waveforms(self, start: Tensor, frames: int) -> Tensor:
        """The samples of pieces, float32 in [-1, 1], shape (pieces, frames * 256)."""
        index = start[:, None] * HOP + torch.arange(frames * HOP, device=self.samples.device)
        return self.samples[index].float() / 32768
