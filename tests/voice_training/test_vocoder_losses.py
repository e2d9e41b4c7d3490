"""The discriminators: what each of them can hear."""

import pytest
import torch

from speecht5_demo.voice_training.vocoder_losses import Discriminators, PeriodDiscriminator, generator_loss

_SAMPLES = 32 * 256


@pytest.mark.parametrize("period", [2, 5, 11])
def test_a_score_of_a_period_judge_rests_on_samples_a_period_apart(period: int) -> None:
    torch.manual_seed(0)
    judge = PeriodDiscriminator(period, 4)
    samples = torch.randn(1, _SAMPLES).requires_grad_()
    score, _ = judge(samples)
    assert score.shape[2] == period
    (told,) = torch.autograd.grad(score[0, 0, 1, score.shape[3] // 2], samples)
    heard = told[0].abs().nonzero().flatten()
    assert len(heard) > 20
    assert set((heard % period).tolist()) == {1}


def test_speech_like_the_real_one_has_nothing_to_match() -> None:
    torch.manual_seed(0)
    judges = Discriminators(4)
    real, other = torch.randn(2, _SAMPLES) * 0.1, torch.randn(2, _SAMPLES) * 0.1
    alike = generator_loss(judges(real), judges(real))
    adversarial = torch.stack([((1 - score) ** 2).mean() for score, _ in judges(real)]).sum()
    torch.testing.assert_close(alike, adversarial)
    assert generator_loss(judges(other), judges(real)) > alike
