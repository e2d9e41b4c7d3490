"""How the acoustic model descends."""

import copy

import pytest
import torch
from torch import Tensor

from voice_training import devices
from voice_training.devices import ALONE
from voice_training.optimizers import Combined, FlatOptimizer, Muon, acoustic_optimizer, orthogonal
from voice_training.settings import MINIATURE
from voice_training.tests.acoustic_examples import small_model


@pytest.mark.parametrize("pays", [True, False])
@pytest.mark.parametrize("shape", [(24, 8), (8, 24), (16, 16)])
def test_a_matrix_is_made_orthogonal_in_either_arithmetic(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], pays: bool
) -> None:
    monkeypatch.setattr(devices, "bf16_pays", lambda: pays)
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    made = orthogonal(matrix)
    assert made.shape == shape
    assert made.dtype == torch.float32
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.5
    assert values.max() < 1.3
    assert (made * matrix).sum() > 0


def test_muon_takes_the_steps_of_torchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "bf16_pays", lambda: True)
    chance = torch.Generator().manual_seed(1)
    start = torch.randn(32, 16, generator=chance)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    steps = (
        Muon([ours], 0.02, ALONE),
        torch.optim.Muon([theirs], 0.02, weight_decay=0.01, ns_steps=4, adjust_lr_fn="match_rms_adamw"),
    )
    for _ in range(4):
        gradient = torch.randn(32, 16, generator=chance)
        for weights, step in zip((ours, theirs), steps, strict=True):
            weights.grad = gradient.clone()
            step.step()
    moved = (theirs - start).norm()
    assert moved > 0.1
    assert (ours - theirs).norm() < 0.02 * moved


def trained(model: torch.nn.Module, optimizer: Combined, times: int) -> Tensor:
    for _ in range(times):
        optimizer.zero_grad()
        frames = model.speech_decoder_postnet(torch.ones(1, 2, MINIATURE.acoustic.hidden))[1]
        (frames.square().mean() + sum(weights.square().sum() for weights in model.parameters())).backward()
        optimizer.step()
    return torch.cat([weights.detach().flatten() for weights in model.parameters()])


def test_one_optimizer_of_two_takes_up_where_it_was_saved() -> None:
    whole, first = small_model(), small_model()
    wanted = trained(whole, acoustic_optimizer(whole, 1e-3), 4)
    optimizer = acoustic_optimizer(first, 1e-3)
    start = trained(first, optimizer, 2)
    second = copy.deepcopy(first)
    resumed = acoustic_optimizer(second, 1e-3)
    resumed.load_state_dict(optimizer.state_dict())
    assert torch.equal(trained(second, resumed, 2), wanted)
    assert not torch.equal(start, wanted)
    forgetful = acoustic_optimizer(first, 1e-3)
    assert not torch.equal(trained(first, forgetful, 2), wanted)


def test_every_weight_is_trained_once() -> None:
    model = small_model()
    groups = acoustic_optimizer(model, 1e-3).param_groups
    found = [id(weights) for group in groups for weights in group["params"]]
    assert sorted(found) == sorted(id(weights) for weights in model.parameters())


def test_one_vector_takes_the_steps_of_muon_and_adamw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "bf16_pays", lambda: False)  # a stack rounds otherwise than its matrices do
    model, other, start = small_model().train(), small_model().train(), small_model()
    optimizer, flat = acoustic_optimizer(model, 1e-3), FlatOptimizer(other, 1.0)
    flat.rate.fill_(1e-3)
    chance = torch.Generator().manual_seed(1)
    for _ in range(4):
        optimizer.zero_grad()
        for weights, mine in zip(model.parameters(), other.parameters(), strict=True):
            weights.grad = torch.randn(weights.shape, generator=chance)
            mine.grad.copy_(weights.grad)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        flat.step()
    for (name, weights), mine, old in zip(
        model.named_parameters(), other.parameters(), start.parameters(), strict=True
    ):
        assert (weights - old).abs().max() > 1e-4, name
        torch.testing.assert_close(mine, weights, atol=2e-6, rtol=1e-4, msg=name)
        assert mine.grad.abs().sum() == 0
