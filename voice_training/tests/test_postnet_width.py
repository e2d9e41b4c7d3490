"""A postnet of another width is still the postnet that was trained."""

import torch
from transformers import SpeechT5ForTextToSpeech

from tests.support.small_model import small_model
from voice_training.postnet_width import with_postnet_units


def spoken(model: SpeechT5ForTextToSpeech) -> torch.Tensor:
    torch.manual_seed(1)
    with torch.no_grad():
        return model.speech_decoder_postnet.postnet(torch.randn(2, 12, 80))


def test_the_width_that_it_has_changes_nothing() -> None:
    model = small_model(postnet_layers=3)
    assert with_postnet_units(model, 16) is model


def test_a_wider_one_starts_as_the_old_one_and_can_learn() -> None:
    model = small_model(postnet_layers=3)
    wider = with_postnet_units(model, 24)
    assert wider.config.speech_decoder_postnet_units == 24
    torch.testing.assert_close(spoken(wider), spoken(model))
    further = wider.speech_decoder_postnet.layers[0].conv.weight[16:]
    assert further.std() > 0.01, "units that all start at nought would never learn"


def test_a_narrower_one_loses_only_the_channels_that_are_heard_least() -> None:
    model = small_model(postnet_layers=3)
    layers = model.speech_decoder_postnet.layers
    silent = torch.tensor([1, 4, 9, 15])
    with torch.no_grad():
        for layer in layers[:-1]:
            layer.batch_norm.weight[silent] = 0
            layer.batch_norm.bias[silent] = 0
    narrower = with_postnet_units(model, 12)
    assert narrower.speech_decoder_postnet.layers[1].conv.weight.shape[:2] == (12, 12)
    torch.testing.assert_close(spoken(narrower), spoken(model))
    cut = with_postnet_units(model, 8)
    assert not torch.allclose(spoken(cut), spoken(model), atol=1e-3)


def test_everything_but_the_postnet_stays() -> None:
    model = small_model(postnet_layers=3)
    before, after = model.state_dict(), with_postnet_units(model, 8).state_dict()
    for name, weights in before.items():
        if "postnet.layers" not in name:
            torch.testing.assert_close(after[name], weights, msg=name)
