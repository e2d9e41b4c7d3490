"""What the decoder hears, and steps that do without small weights."""

import pytest
import torch
from torch import nn
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.recipe import Prune
from voice_training.acoustic.losses import TOUCHING_FRAMES, pruned_steps, shifted_frames
from voice_training.tests.acoustic.examples import clips_of, small_model


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
