"""What a batch of pieces is drawn from."""

import random
from collections import Counter

import numpy as np
import torch

from speecht5_demo.quality.flite import SPEAKERS
from voice_training.clip_store import ClipStore
from voice_training.corpus import Clip
from voice_training.features import HOP

_FRAMES = 40


def clip(speaker: str, mark: int) -> Clip:
    """A clip whose every sample and frame is `mark`."""
    return Clip(
        text="a",
        speaker=speaker,
        samples=np.full(_FRAMES * HOP, mark, np.int16),
        mel=np.full((_FRAMES, 80), mark, np.float16),
        centres=np.zeros(3, np.float32),
    )


def store() -> ClipStore:
    """Nine clips by the first speaker, one by each of the others; a clip's mark is its speaker's place."""
    clips = [clip(SPEAKERS[0], 0) for _ in range(9)]
    clips += [clip(name, place) for place, name in enumerate(SPEAKERS) if place]
    return ClipStore.of(clips, torch.device("cpu"), with_samples=True)


def test_a_piece_is_of_the_speaker_that_it_names() -> None:
    clips = store()
    pieces = clips.random_pieces(50, 16, random.Random(0), (0.25, 0.25, 0.25, 0.25))
    assert set(pieces.speakers.tolist()) == set(range(len(SPEAKERS)))
    marks = clips.mel[pieces.index]
    torch.testing.assert_close(marks, pieces.speakers[:, None, None].half().expand_as(marks))
    samples = clips.waveforms(pieces.start, 16) * 32768
    torch.testing.assert_close(samples, pieces.speakers[:, None].float().expand_as(samples))


def test_speakers_are_heard_as_often_as_asked_whatever_the_clips() -> None:
    drawn = store().random_pieces(2000, 16, random.Random(0), (0.1, 0.2, 0.3, 0.4))
    counts = Counter(drawn.speakers.tolist())
    for place, share in enumerate((0.1, 0.2, 0.3, 0.4)):
        assert abs(counts[place] / 2000 - share) < 0.04
    unasked = Counter(store().random_pieces(2000, 16, random.Random(0)).speakers.tolist())
    assert abs(unasked[0] / 2000 - 9 / 12) < 0.04
