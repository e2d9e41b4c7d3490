"""Batches for the acoustic model: clips of like length, gathered on the training device."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.corpus import Clip
from voice_training.features import FRAME_SECONDS
from voice_training.speaker_vectors import speaker_vectors
from voice_training.tokenizer import PADDING

ALIGNMENT_WIDTH = 1.0
"""Standard deviation, in tokens, of the soft alignment that attention is drawn to."""

_SHUFFLE = 4
"""A batch is drawn from this many times as many neighbours by length."""


@dataclass(frozen=True)
class Batch:
    """B clips, padded to L tokens and T frames, of which every `reduction` make a step (S steps).

    Attributes:
        tokens: ids, (B, L). token_mask: 1 where there is a token, (B, L).
        mel: log-mel frames, 0 where padded, (B, T, 80). frame_mask: (B, T). step_mask: (B, S).
        alignment: where attention should be at each step, rows sum to one, (B, S, L).
        stop: 1 at the last step, (B, S).
        speakers: unit vectors, (B, 512).
    """

    tokens: Tensor
    token_mask: Tensor
    mel: Tensor
    frame_mask: Tensor
    step_mask: Tensor
    alignment: Tensor
    stop: Tensor
    speakers: Tensor

    @property
    def reduction(self) -> int:
        """Mel frames a step."""
        return self.mel.shape[1] // self.stop.shape[1]


class AcousticClips:
    """Tokens, frames and alignments of all clips, end to end on the training device, for `reduction` frames a step."""

    def __init__(
        self, clips: Sequence[Clip], ids: Sequence[Sequence[int]], device: torch.device, reduction: int
    ) -> None:
        self.reduction = reduction
        order = sorted(range(len(clips)), key=lambda i: clips[i].frames)
        self.order = order
        self.frames = [clips[i].frames for i in order]
        self.token_counts = [len(ids[i]) for i in order]
        vectors = speaker_vectors()
        self._mel = torch.from_numpy(np.concatenate([clips[i].mel for i in order])).to(device)
        self._ids = torch.tensor(list(itertools.chain.from_iterable(ids[i] for i in order)), device=device)
        self._positions = torch.from_numpy(
            np.concatenate([_positions(clips[i], reduction) for i in order])
        ).to(device)
        self._speakers = torch.tensor([SPEAKERS.index(clips[i].speaker) for i in order], device=device)
        self._vectors = torch.from_numpy(np.stack([vectors[name] for name in SPEAKERS])).to(device)
        self._first_frame = torch.tensor([0, *itertools.accumulate(self.frames)][:-1], device=device)
        self._first_token = torch.tensor([0, *itertools.accumulate(self.token_counts)][:-1], device=device)
        self._frame_counts = torch.tensor(self.frames, device=device)
        self._token_counts = torch.tensor(self.token_counts, device=device)
        self._cumulative = list(itertools.accumulate(self.frames))
        self.device = device

    def __len__(self) -> int:
        return len(self.frames)

    def mean_mel(self) -> Tensor:
        """Mean frame of a sample of the clips, shape (80,)."""
        return self._mel[:: max(1, len(self._mel) // 100_000)].float().mean(0)

    def random_batch(
        self, frames: int, longest: int, chance: random.Random, part: int = 0, parts: int = 1
    ) -> Batch:
        """Clips of like length, up to `longest` frames each, that fill about `frames` frames together.

        Of so many `parts` drawn by the same chances, each has clips of its own.
        """
        usable = max(parts, bisect.bisect_right(self.frames, longest))
        total = self._cumulative[usable - 1]
        centre = bisect.bisect_left(self._cumulative, chance.uniform(0, total))
        count = max(1, min(usable // parts, frames // self.frames[min(centre, usable - 1)]))
        width = min(usable, _SHUFFLE * parts * count)
        first = max(0, min(usable - width, centre - width // 2))
        chosen = chance.sample(range(first, first + width), parts * count)
        return self.batch(sorted(chosen[part::parts]))

    def batches_in_order(self, frames: int) -> list[Batch]:
        """Every clip once, for validation."""
        groups: list[list[int]] = [[]]
        for clip in range(len(self)):
            if groups[-1] and (len(groups[-1]) + 1) * self.frames[clip] > frames:
                groups.append([])
            groups[-1].append(clip)
        return [self.batch(group) for group in groups]

    def batch(self, chosen: Sequence[int]) -> Batch:
        """The chosen clips, padded to the longest of them."""
        tokens = max(self.token_counts[i] for i in chosen)
        steps = max(self.frames[i] for i in chosen) // self.reduction
        return self.gathered(torch.tensor(chosen, device=self.device), in_eights(steps), in_eights(tokens))

    def gathered(self, clips: Tensor, longest_steps: int, longest_text: int) -> Batch:
        """Clips by their places, shape (B,), padded to so many steps and tokens, which none of them exceeds.

        The shapes depend on nothing that lies on the device: a CUDA graph can record it.
        """
        reduction = self.reduction
        frames, counts = self._frame_counts[clips], self._token_counts[clips]
        token_index = torch.arange(longest_text, device=self.device)
        step_index = torch.arange(longest_steps, device=self.device)
        frame_index = torch.arange(longest_steps * reduction, device=self.device)
        token_mask = token_index < counts[:, None]
        step_mask = step_index < (frames // reduction)[:, None]
        frame_mask = frame_index < frames[:, None]
        first_frame, first_token = self._first_frame[clips], self._first_token[clips]
        tokens = self._ids[(first_token[:, None] + token_index).clamp_max(len(self._ids) - 1)]
        mel = self._mel[(first_frame[:, None] + frame_index).clamp_max(len(self._mel) - 1)].float()
        steps = (first_frame // reduction)[:, None] + step_index
        positions = self._positions[steps.clamp_max(len(self._positions) - 1)]
        distance = token_index - positions[:, :, None]
        alignment = torch.exp(-(distance**2) / (2 * ALIGNMENT_WIDTH**2)) * token_mask[:, None]
        last = (frames // reduction)[:, None] - 1
        return Batch(
            tokens=tokens.masked_fill(~token_mask, PADDING),
            token_mask=token_mask.long(),
            mel=mel * frame_mask[:, :, None],
            frame_mask=frame_mask.float(),
            step_mask=step_mask.float(),
            alignment=alignment / alignment.sum(-1, keepdim=True).clamp_min(1e-6),
            stop=(step_index == last).float(),
            speakers=self._vectors[self._speakers[clips]],
        )


def in_eights(count: int) -> int:
    """`count`, rounded up to a multiple of eight."""
    return -(-count // 8) * 8


def _positions(clip: Clip, reduction: int) -> npt.NDArray[np.float32]:
    """Which token is being spoken at each step, fractional, shape (frames / reduction,)."""
    middle = (np.arange(clip.frames // reduction) * reduction + (reduction - 1) / 2) * FRAME_SECONDS
    positions: npt.NDArray[np.float32] = np.interp(middle, clip.centres, np.arange(len(clip.centres))).astype(
        np.float32
    )
    return positions
