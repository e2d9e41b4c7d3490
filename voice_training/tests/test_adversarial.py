"""The discriminators: what each of them can hear."""

import pytest
import torch

from voice_training.adversarial import (
    Discriminators,
    PeriodDiscriminator,
    SpeakerShifts,
    discriminator_loss,
    generator_loss,
)

_SAMPLES = 32 * 256


@pytest.mark.parametrize("period", [2, 5, 11])
def test_a_score_of_a_period_discriminator_rests_on_samples_a_period_apart(period: int) -> None:
    torch.manual_seed(0)
    part = PeriodDiscriminator(period, 4)
    samples = torch.randn(1, _SAMPLES).requires_grad_()
    shifts = SpeakerShifts(part.layers, speakers=1)(torch.tensor([0]))
    score, _ = part(samples, shifts)
    assert score.shape[2] == period
    (gradient,) = torch.autograd.grad(score[0, 0, 1, score.shape[3] // 2], samples)
    heard = gradient[0].abs().nonzero().flatten()
    assert len(heard) > 20
    assert set((heard % period).tolist()) == {1}


@pytest.mark.parametrize("relative", [False, True])
def test_speech_like_the_real_one_has_nothing_to_match(relative: bool) -> None:
    torch.manual_seed(0)
    discriminators, speakers = (
        Discriminators(4, speakers=2, periods=(2, 3), windows=(512, 256)),
        torch.tensor([0, 1]),
    )
    real, other = torch.randn(2, _SAMPLES) * 0.1, torch.randn(2, _SAMPLES) * 0.1
    alike = generator_loss(discriminators(real, speakers), discriminators(real, speakers), relative)
    adversarial = torch.stack(
        [((1 - score) ** 2).mean() for score, _ in discriminators(real, speakers)]
    ).sum()
    torch.testing.assert_close(alike, adversarial)
    assert generator_loss(discriminators(other, speakers), discriminators(real, speakers), relative) > alike


def test_scores_that_tell_real_from_made_cost_the_discriminators_nothing() -> None:
    right, wrong = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert discriminator_loss([(right, [])]) == 0
    assert discriminator_loss([(wrong, []), (right, [])]) == 2


def test_a_discriminator_knows_who_speaks_only_by_what_it_has_learnt() -> None:
    torch.manual_seed(0)
    discriminators, speakers = (
        Discriminators(4, speakers=2, periods=(2,), windows=(512, 256)),
        torch.tensor([0, 1]),
    )
    samples = (torch.randn(1, _SAMPLES) * 0.1).expand(2, -1)
    assert all(torch.equal(score[0], score[1]) for score, _ in discriminators(samples, speakers))
    scores = discriminators(samples, speakers)
    torch.stack([score[0].mean() - score[1].mean() for score, _ in scores]).sum().backward()
    for shift in discriminators.shifts.parameters():
        assert torch.allclose(shift.grad[0], -shift.grad[1], atol=1e-6)
        assert shift.grad.abs().sum() > 0
