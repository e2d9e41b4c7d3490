"""How the acoustic model descends."""

import pytest
import torch

from voice_training import mixed_precision
from voice_training.crew import ALONE
from voice_training.optimizers import Muon, orthogonal


@pytest.mark.parametrize("pays", [True, False])
@pytest.mark.parametrize("shape", [(24, 8), (8, 24), (16, 16)])
def test_a_matrix_is_made_orthogonal_in_either_arithmetic(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], pays: bool
) -> None:
    monkeypatch.setattr(mixed_precision, "bf16_pays", lambda: pays)
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    made = orthogonal(matrix)
    assert made.shape == shape
    assert made.dtype == torch.float32
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.5
    assert values.max() < 1.3
    assert (made * matrix).sum() > 0


def test_muon_takes_the_steps_of_torchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_precision, "bf16_pays", lambda: True)
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
