"""A postnet of another width is still the postnet that was trained."""

import torch
from transformers import SpeechT5Config, SpeechT5ForTextToSpeech

from speecht5_demo.voice_training.postnet_width import with_postnet_units


def small_model() -> SpeechT5ForTextToSpeech:
    torch.manual_seed(0)
    config = SpeechT5Config(
        vocab_size=39,
        hidden_size=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=16,
        speech_decoder_postnet_layers=3,
    )
    return SpeechT5ForTextToSpeech(config).eval()


def spoken(model: SpeechT5ForTextToSpeech) -> torch.Tensor:
    torch.manual_seed(1)
    with torch.no_grad():
        return model.speech_decoder_postnet.postnet(torch.randn(2, 12, 80))


def test_the_width_that_it_has_changes_nothing() -> None:
    model = small_model()
    assert with_postnet_units(model, 16) is model


def test_a_wider_one_starts_as_the_old_one_and_can_learn() -> None:
    model = small_model()
    wider = with_postnet_units(model, 24)
    assert wider.config.speech_decoder_postnet_units == 24
    torch.testing.assert_close(spoken(wider), spoken(model))
    further = wider.speech_decoder_postnet.layers[0].conv.weight[16:]
    assert further.std() > 0.01, "units that all start at nought would never learn"


def test_a_narrower_one_loses_only_the_channels_that_are_heard_least() -> None:
    model = small_model()
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
    model = small_model()
    before, after = model.state_dict(), with_postnet_units(model, 8).state_dict()
    for name, weights in before.items():
        if "postnet.layers" not in name:
            torch.testing.assert_close(after[name], weights, msg=name)
