"""The discriminators: what each of them can hear."""

import pytest
import torch

from voice_training.vocoder_losses import (
    Discriminators,
    PeriodDiscriminator,
    SpeakerShifts,
    generator_loss,
)

_SAMPLES = 32 * 256


@pytest.mark.parametrize("period", [2, 5, 11])
def test_a_score_of_a_period_judge_rests_on_samples_a_period_apart(period: int) -> None:
    torch.manual_seed(0)
    judge = PeriodDiscriminator(period, 4)
    samples = torch.randn(1, _SAMPLES).requires_grad_()
    told = SpeakerShifts(judge.layers, speakers=1)(torch.tensor([0]))
    score, _ = judge(samples, told)
    assert score.shape[2] == period
    (told,) = torch.autograd.grad(score[0, 0, 1, score.shape[3] // 2], samples)
    heard = told[0].abs().nonzero().flatten()
    assert len(heard) > 20
    assert set((heard % period).tolist()) == {1}


def test_speech_like_the_real_one_has_nothing_to_match() -> None:
    torch.manual_seed(0)
    judges, speakers = Discriminators(4, speakers=2, periods=(2, 3)), torch.tensor([0, 1])
    real, other = torch.randn(2, _SAMPLES) * 0.1, torch.randn(2, _SAMPLES) * 0.1
    alike = generator_loss(judges(real, speakers), judges(real, speakers))
    adversarial = torch.stack([((1 - score) ** 2).mean() for score, _ in judges(real, speakers)]).sum()
    torch.testing.assert_close(alike, adversarial)
    assert generator_loss(judges(other, speakers), judges(real, speakers)) > alike


def test_judges_learn_to_tell_speakers_apart_that_sound_the_same() -> None:
    torch.manual_seed(0)
    judges, speakers = Discriminators(4, speakers=2, periods=(2,)), torch.tensor([0, 1])
    samples = (torch.randn(1, _SAMPLES) * 0.1).expand(2, -1)
    assert all(torch.equal(score[0], score[1]) for score, _ in judges(samples, speakers))
    steps = torch.optim.Adam(judges.parameters(), 1e-2)
    for _ in range(60):
        first, second = zip(*(score for score, _ in judges(samples, speakers)), strict=True)
        loss = sum(((1 - a) ** 2).mean() + (b**2).mean() for a, b in zip(first, second, strict=True))
        steps.zero_grad()
        loss.backward()
        steps.step()
    for score, _ in judges(samples, speakers):
        assert score[0].mean() > 0.8
        assert score[1].mean() < 0.2
