"""Batches for the acoustic model: clips of like length, gathered on the training device.

A processor takes whatever shape a batch has; steps that are recorded as CUDA graphs need a few fixed ones:
`LengthGroups`.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voice_training.corpus import FRAME_SECONDS, Clip
from voice_training.speaker_encoding import Encoding
from voice_training.texts import PADDING

_ALIGNMENT_WIDTH = 1.0
"""Standard deviation, in tokens, of the soft alignment that attention is drawn to."""

_SHUFFLE = 4
"""A batch is drawn from this many times as many neighbours by length."""

_SHORTEST_STEPS = 16
_WIDENING = 1.1
"""Each group's longest clip over that of the group before, once eight steps are less than that."""


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
    """Tokens, frames and alignments of all clips, end to end on the training device, for `reduction` frames a step.

    Args:
        ids: tokens of each clip's text. encodings: of all speakers there are.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        ids: Sequence[Sequence[int]],
        encodings: Mapping[str, Encoding],
        device: torch.device,
        reduction: int,
    ) -> None:
        self.reduction, self.speakers = reduction, len(encodings)
        order = sorted(range(len(clips)), key=lambda i: clips[i].frames)
        self.order = order
        self.frames = [clips[i].frames for i in order]
        self.token_counts = [len(ids[i]) for i in order]
        names = list(encodings)
        self._mel = torch.from_numpy(np.concatenate([clips[i].mel for i in order])).to(device)
        self._ids = torch.tensor(list(itertools.chain.from_iterable(ids[i] for i in order)), device=device)
        self._positions = torch.from_numpy(
            np.concatenate([_positions(clips[i], reduction) for i in order])
        ).to(device)
        self._speakers = torch.tensor([names.index(clips[i].speaker) for i in order], device=device)
        self._encodings = torch.from_numpy(np.stack(list(encodings.values()))).to(device)
        self._first_frame = torch.tensor([0, *itertools.accumulate(self.frames)][:-1], device=device)
        self._first_token = torch.tensor([0, *itertools.accumulate(self.token_counts)][:-1], device=device)
        self._frame_counts = torch.tensor(self.frames, device=device)
        self._token_counts = torch.tensor(self.token_counts, device=device)
        self._cumulative = list(itertools.accumulate(self.frames))
        self.device = device

    def __len__(self) -> int:
        return len(self.frames)

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
        return self.gathered(torch.tensor(chosen, device=self.device), _in_eights(steps), _in_eights(tokens))

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
        alignment = torch.exp(-(distance**2) / (2 * _ALIGNMENT_WIDTH**2)) * token_mask[:, None]
        last = (frames // reduction)[:, None] - 1
        return Batch(
            tokens=tokens.masked_fill(~token_mask, PADDING),
            token_mask=token_mask.long(),
            mel=mel * frame_mask[:, :, None],
            frame_mask=frame_mask.float(),
            step_mask=step_mask.float(),
            alignment=alignment / alignment.sum(-1, keepdim=True).clamp_min(1e-6),
            stop=(step_index == last).float(),
            speakers=self._encodings[self._speakers[clips]],
        )


def _in_eights(count: int) -> int:
    """`count`, rounded up to a multiple of eight."""
    return -(-count // 8) * 8


def _positions(clip: Clip, reduction: int) -> npt.NDArray[np.float32]:
    """Which token is being spoken at each step, fractional, shape (frames / reduction,)."""
    middle = (np.arange(clip.frames // reduction) * reduction + (reduction - 1) / 2) * FRAME_SECONDS
    positions: npt.NDArray[np.float32] = np.interp(middle, clip.centres, np.arange(len(clip.centres))).astype(
        np.float32
    )
    return positions


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
                tokens = _in_eights(max(clips.token_counts[first:last]))
                count = max(1, min(last - first, frames // (longest * clips.reduction)))
                total = sum(clips.frames[first:last])
                self._groups.append(LengthGroup(first, last, longest, tokens, count, total))
                first = last
            longest = max(longest + 8, _in_eights(round(longest * _WIDENING)))
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
