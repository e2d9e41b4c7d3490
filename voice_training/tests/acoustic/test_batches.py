"""Batches of the acoustic model, on small examples whose answer is known."""

import random

import numpy as np
import pytest
from transformers import SpeechT5Processor

from voice_training.acoustic.batches import AcousticClips, LengthGroups
from voice_training.corpus import Clip
from voice_training.speaker_encoding import speaker_encodings
from voice_training.teachers import Flite
from voice_training.tests.acoustic.examples import CPU, clips_of

_ENCODINGS = speaker_encodings(Flite.encoding_order)


@pytest.mark.parametrize("reduction", [2, 4])
def test_batches_pad_clips_and_point_at_what_is_said(
    clips: list[Clip], processor: SpeechT5Processor, reduction: int
) -> None:
    ids = [processor.tokenizer(clip.text)["input_ids"] for clip in clips]
    store = AcousticClips(clips, ids, _ENCODINGS, CPU, reduction)
    batch = store.batch(range(len(store)))
    assert batch.reduction == reduction
    for row, index in enumerate(store.order):
        clip, steps = clips[index], clips[index].frames // reduction
        assert batch.tokens[row][batch.token_mask[row].bool()].tolist() == ids[index]
        np.testing.assert_array_equal(batch.mel[row, : clip.frames].numpy(), clip.mel.astype(np.float32))
        assert batch.mel[row, clip.frames :].abs().sum() == 0
        assert batch.stop[row].nonzero().flatten().tolist() == [steps - 1]
        path = batch.alignment[row, :steps].argmax(1)
        assert (path.diff() >= 0).all()
        assert path[0] <= 1
        assert path[-1] >= len(ids[index]) - 3
        np.testing.assert_array_equal(batch.speakers[row].numpy(), _ENCODINGS[clip.speaker])


def test_random_batches_keep_to_the_size_and_the_longest_clip() -> None:
    store = clips_of([length for length in range(40, 320, 8) for _ in range(12)])
    for draw in range(30):
        batch = store.random_batch(400, 200, random.Random(draw))
        assert batch.frame_mask.sum(1).max() <= 200
        assert batch.frame_mask.sum() <= 500


def test_processes_that_draw_by_the_same_chances_have_clips_of_their_own() -> None:
    store = clips_of(range(40, 240, 4))
    for draw in range(10):
        parts = [store.random_batch(300, 10_000, random.Random(draw), part, 2) for part in range(2)]
        frames = [{tuple(row) for row in part.mel[:, 0].tolist()} for part in parts]
        assert frames[0].isdisjoint(frames[1])


def test_every_clip_is_in_one_group_that_it_fits_in() -> None:
    clips = clips_of([*range(40, 240, 8), 400])
    groups = LengthGroups(clips, 600)
    drawn = {groups.draw(10_000, random.Random(seed)) for seed in range(400)}
    assert len(drawn) == len(groups)
    places = [place for group in drawn for place in range(group.first, group.last)]
    assert sorted(places) == list(range(len(clips)))
    for group in drawn:
        chosen = group.draw(random.Random(1))
        assert len(chosen) == group.batch
        assert group.batch == 1 or group.batch * group.steps * 4 <= 600
        for place in chosen:
            assert clips.frames[place] <= group.steps * 4
            assert clips.token_counts[place] <= group.tokens


def test_short_clips_alone_are_drawn_while_alignment_is_learnt() -> None:
    groups = LengthGroups(clips_of([*range(40, 240, 8), 400]), 600)
    for seed in range(50):
        assert groups.draw(130, random.Random(seed)).steps * 4 <= 130
        assert groups.draw(1, random.Random(seed)).first == 0
