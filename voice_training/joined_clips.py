"""Long clips made of short ones: few texts are long, and a voice has to keep its place in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import numpy as np

from voice_training.corpus import FRAME_SECONDS, Clip

_ENDS_A_SENTENCE = tuple(".?!")
_BEFORE_THE_END = 0.02
"""Seconds before the end of a clip at which its last token, the end, is spoken."""


def joined_clips(clips: Sequence[Clip], share: float, frames: tuple[int, int], seed: int) -> list[Clip]:
    """Sentences of one speaker, end to end: so many frames at least and at most.

    Args:
        share: of the clips that are whole sentences and at most half as long as the longest; each is joined once.
        frames: mel frames (16 ms) of a long clip.
    """
    chance = Random(seed)
    shortest, longest = frames
    joined: list[Clip] = []
    for speaker in sorted({clip.speaker for clip in clips}):
        sentences = [
            clip
            for clip in clips
            if clip.speaker == speaker and 2 * clip.frames <= longest and clip.text.endswith(_ENDS_A_SENTENCE)
        ]
        some = chance.sample(sentences, round(share * len(sentences)))
        joined.extend(_joined(parts) for parts in _divided(some, shortest, longest, chance))
    return joined


def _divided(clips: Sequence[Clip], shortest: int, longest: int, chance: Random) -> Iterator[list[Clip]]:
    """Neighbours that are long enough together; each group's length is drawn."""
    parts: list[Clip] = []
    frames, enough = 0, chance.uniform(shortest, longest)
    for clip in clips:
        if frames >= enough or frames + clip.frames > longest:
            if frames >= shortest and len(parts) > 1:
                yield parts
            parts, frames, enough = [], 0, chance.uniform(shortest, longest)
        parts, frames = [*parts, clip], frames + clip.frames


def _joined(parts: Sequence[Clip]) -> Clip:
    """One clip; the space between two texts is spoken where they meet."""
    starts = np.cumsum([0, *(clip.frames for clip in parts)]) * FRAME_SECONDS
    centres = [parts[0].centres[:1]]
    for clip, start, end in zip(parts, starts, starts[1:], strict=False):
        centres += [clip.centres[1:-1] + start, np.array([end - _BEFORE_THE_END])]
    return Clip(
        text=" ".join(clip.text for clip in parts),
        speaker=parts[0].speaker,
        samples=np.concatenate([clip.samples for clip in parts]),
        mel=np.concatenate([clip.mel for clip in parts]),
        centres=np.maximum.accumulate(np.concatenate(centres)).astype(np.float32),
    )
