"""The discriminators: what each of them can hear."""

import math

import torch
from torch import Tensor

from speecht5_demo.voice_training.vocoder_losses import (
    TURNS,
    Discriminators,
    LowBandDiscriminator,
    SpectrogramDiscriminator,
    spectral_loss,
)

_SAMPLES = 64 * 256
_RATE = 16_000


def tone(hertz: float) -> Tensor:
    return (
        0.3
        * torch.sin(2 * math.pi * hertz * torch.arange(_SAMPLES, dtype=torch.float64) / _RATE).float()[None]
    )


def gradient(judge: torch.nn.Module, samples: Tensor) -> Tensor:
    """What the judge's score says of every sample."""
    samples = samples.clone().requires_grad_()
    score, _ = judge(samples)
    (told,) = torch.autograd.grad(score.sum(), samples)
    return told


def test_every_judge_has_its_turn_and_tells_every_sample_something() -> None:
    torch.manual_seed(0)
    judges = Discriminators(4)
    samples = torch.randn(2, _SAMPLES) * 0.1
    asked = [len(judges(samples, turn)) for turn in range(TURNS)]
    assert sum(asked) == len(judges.judges)
    assert max(asked) - min(asked) <= 1
    assert len(judges(samples, TURNS)) == asked[0]
    middle = slice(_SAMPLES // 4, -_SAMPLES // 4)
    for judge in judges.judges:
        assert gradient(judge, samples)[:, middle].abs().max() > 0


def test_the_low_judges_hear_low_harmonics_and_nothing_above() -> None:
    torch.manual_seed(0)
    for factor, heard, unheard in ((8, 500, 2000), (4, 1000, 4000)):
        judge = LowBandDiscriminator(factor, 4)
        silence, _ = judge(torch.zeros(1, _SAMPLES))
        middle = slice(10, -10)
        moved = [(judge(tone(hertz))[0] - silence)[..., middle].abs().max() for hertz in (heard, unheard)]
        assert moved[0] > 20 * moved[1]


def test_the_low_judges_listen_over_several_periods_of_a_low_voice() -> None:
    torch.manual_seed(0)
    judge = LowBandDiscriminator(8, 4)
    samples = (torch.randn(1, _SAMPLES) * 0.1).requires_grad_()
    score, _ = judge(samples)
    (told,) = torch.autograd.grad(score[0, 0, 0, score.shape[3] // 2], samples)
    heard = told[0].abs().nonzero().flatten()
    period = _RATE / 100
    assert heard[-1] - heard[0] > 10 * period


def test_a_spectrogram_judge_of_low_bins_ignores_the_rest() -> None:
    torch.manual_seed(0)
    judge = SpectrogramDiscriminator(1024, 256, 4, bins=128)
    base = torch.randn(1, _SAMPLES) * 0.01
    low, high = (judge(base + tone(hertz))[0] - judge(base)[0] for hertz in (700, 5000))
    inside = slice(4, -4)  # a tone that begins is heard everywhere
    assert low[..., inside].abs().max() > 10 * high[..., inside].abs().max()


def test_harmonics_a_little_off_cost_something_and_those_farther_off_more() -> None:
    steady = sum(tone(100 * k) for k in range(1, 10))
    assert spectral_loss(steady, steady) == 0
    near, far = (sum(tone(hertz * k) for k in range(1, 10)) for hertz in (100.5, 103))
    assert 0 < spectral_loss(near, steady) < spectral_loss(far, steady)
