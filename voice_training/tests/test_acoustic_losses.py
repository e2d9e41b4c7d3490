"""Batches of the acoustic model, on small examples whose answer is known; what it hears and does without."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from transformers import SpeechT5ForTextToSpeech, SpeechT5Processor

from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.recipe import Prune
from voice_training.acoustic_losses import TOUCHING_FRAMES, AcousticClips, pruned_steps, shifted_frames
from voice_training.acoustic_model import speaker_encodings
from voice_training.corpus import Clip
from voice_training.graph_training import LengthGroups
from voice_training.teachers import Flite
from voice_training.tests.acoustic_examples import CPU, clips_of, small_model

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


@pytest.mark.parametrize("reduction", [2, 4])
def test_the_decoder_hears_silence_then_the_last_frame_of_each_step(reduction: int) -> None:
    batch = clips_of([40, 56], reduction).batch([0, 1])
    heard = shifted_frames(batch)
    assert heard.shape == (2, batch.stop.shape[1], 80)
    assert heard[:, 0].abs().sum() == 0
    for step in range(1, heard.shape[1]):
        assert torch.equal(heard[:, step], batch.mel[:, step * reduction - 1])


@pytest.fixture
def model() -> SpeechT5ForTextToSpeech:
    return small_model()


def touching(model: nn.Module) -> dict[str, nn.Linear]:
    names = (
        "speecht5.decoder.prenet.layers.0",
        "speecht5.decoder.prenet.layers.1",
        "speech_decoder_postnet.feat_out",
    )
    return {name: model.get_submodule(name) for name in names}


def test_the_smallest_weights_of_what_touches_frames_are_missing_inside_and_back_after(
    model: SpeechT5ForTextToSpeech,
) -> None:
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    with pruned_steps(model, 0.3):
        for name, layer in touching(model).items():
            whole = before[f"{name}.weight"]
            missing = layer.weight == 0
            assert missing.float().mean() == pytest.approx(0.3, abs=0.001)
            assert whole[missing].abs().max() <= whole[~missing].abs().min()
            assert torch.equal(layer.weight[~missing], whole[~missing])
        changed = {
            name for name, weights in model.state_dict().items() if not torch.equal(weights, before[name])
        }
        assert changed == {f"{name}.weight" for name in touching(model)}
    assert all(torch.equal(weights, before[name]) for name, weights in model.state_dict().items())


def test_a_step_cuts_what_the_pruned_variant_cuts(model: SpeechT5ForTextToSpeech) -> None:
    expected = small_model()
    pruned = prune(expected, Prune(amount=0.3, include=TOUCHING_FRAMES)).state_dict()
    with pruned_steps(model, 0.3):
        assert all(torch.equal(weights, pruned[name]) for name, weights in model.state_dict().items())


def test_a_missing_weight_learns_nothing_from_the_step(model: SpeechT5ForTextToSpeech) -> None:
    layer = touching(model)["speech_decoder_postnet.feat_out"]
    with pruned_steps(model, 0.5):
        missing = layer.weight == 0
        layer(torch.ones(1, layer.in_features)).sum().backward()
    assert layer.weight.grad is not None
    assert torch.equal(layer.weight.grad == 0, missing)


def test_nothing_is_missing_where_no_share_is(model: SpeechT5ForTextToSpeech) -> None:
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    with pruned_steps(model, 0.0):
        assert all(torch.equal(weights, before[name]) for name, weights in model.state_dict().items())


def test_an_error_inside_leaves_the_weights_whole(model: SpeechT5ForTextToSpeech) -> None:
    before = model.speech_decoder_postnet.feat_out.weight.clone()
    with pytest.raises(ZeroDivisionError), pruned_steps(model, 0.3):
        raise ZeroDivisionError
    assert torch.equal(model.speech_decoder_postnet.feat_out.weight, before)
