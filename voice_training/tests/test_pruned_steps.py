"""A voice that now and then trained without its small weights can lose them; nothing else of a step changes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.recipe import Prune
from voice_training.acoustic import AcousticTraining
from voice_training.acoustic_batches import AcousticClips
from voice_training.acoustic_model import new_model
from voice_training.corpus import make_corpus, read_shards
from voice_training.loop import Journal
from voice_training.pruned_steps import TOUCHING_FRAMES, pruned_steps
from voice_training.settings import MINIATURE

_BINS = 80


@pytest.fixture
def model() -> SpeechT5ForTextToSpeech:
    torch.manual_seed(0)
    return new_model(MINIATURE.acoustic, torch.full((_BINS,), -2.0), 2)


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
    whole = model.state_dict()
    expected = new_model(MINIATURE.acoustic, torch.zeros(_BINS), 2)
    expected.load_state_dict(whole)
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


@pytest.mark.parametrize(("share", "learns_all"), [(0.0, True), (1.0, False)])
def test_that_share_of_training_steps_does_without_small_weights(
    model: SpeechT5ForTextToSpeech, tmp_path: Path, share: float, learns_all: bool
) -> None:
    make_corpus(tmp_path, ["A cat sat.", "It was a long road."], ["One."], 1, 1, lambda line: None)
    clips = read_shards(sorted(tmp_path.glob("training-*.npz")))
    tokens = AcousticClips(clips, [list(range(4, 20)) for _ in clips], torch.device("cpu"), 2)
    settings = replace(MINIATURE.acoustic, pruned_steps=share)
    training = AcousticTraining(
        model, settings, tokens, tmp_path / "state.pt", Journal(tmp_path / "j", print), 1, warm=True
    )
    head = model.speech_decoder_postnet.feat_out
    before = head.weight.detach().clone()
    training.run(0.01, 60.0, 100, 60.0, lambda average, step: {"score": 0.0})
    assert training.step >= 1
    moved = (head.weight - before).abs()
    assert bool((moved > 0.1 * moved.max()).float().mean() > 0.95) == learns_all
