"""The vocoder: its forward pass for training on a processor, and the mean of two."""

import torch
from transformers import SpeechT5HifiGan

from voice_training.settings import VocoderSettings
from voice_training.vocoder.model import mean_vocoder, new_vocoder, speak_channels_last


def small_vocoder(normalize_before: bool) -> SpeechT5HifiGan:
    torch.manual_seed(0)
    vocoder = new_vocoder(VocoderSettings(channels=32), torch.randn(80), torch.rand(80) + 0.5)
    vocoder.config.normalize_before = normalize_before
    return vocoder


def gradients(vocoder: SpeechT5HifiGan, samples: torch.Tensor) -> list[torch.Tensor]:
    weighting = torch.linspace(-1, 1, samples.shape[1])
    return list(torch.autograd.grad((samples * weighting).sum(), list(vocoder.parameters())))


def test_channels_last_gives_the_samples_and_gradients_of_the_stock_class() -> None:
    for normalize_before in (True, False):
        vocoder, mel = small_vocoder(normalize_before), torch.randn(2, 9, 80)
        stock, ours = vocoder(mel), speak_channels_last(vocoder, mel)
        assert stock.std() > 0.01
        assert torch.allclose(ours, stock, atol=1e-5)
        for mine, theirs in zip(gradients(vocoder, ours), gradients(vocoder, stock), strict=True):
            assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-3 * float(theirs.abs().max()))


def test_the_mean_of_two_vocoders_is_of_every_weight() -> None:
    first, second = small_vocoder(True), small_vocoder(True)
    with torch.no_grad():
        for weights in second.parameters():
            weights.add_(1.0)
    mean = mean_vocoder(first, second)
    for name, weights in mean.named_parameters():
        torch.testing.assert_close(weights, first.get_parameter(name) + 0.5, msg=name)
