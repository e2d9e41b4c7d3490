"""30 % pruning zeroes 30 % of every layer, the smallest first, and nothing else."""

import pytest
import torch
from torch import nn

from speecht5_demo.errors import VariantError
from speecht5_demo.variants.prune import prune
from speecht5_demo.variants.recipe import Prune


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 20), nn.Conv1d(4, 4, 3))


@pytest.mark.parametrize("amount", [0.0, 0.3, 0.8, 0.95])
def test_each_linear_layer_loses_the_share_that_was_asked_for(amount: float) -> None:
    pruned = prune(model(), Prune(amount))
    for index in (0, 2):
        weight = pruned[index].weight
        assert int((weight == 0).sum()) == round(amount * weight.numel())


def test_the_smallest_weights_go_and_the_others_stay_as_they_were() -> None:
    before, after = model()[0].weight, prune(model(), Prune(0.3))[0].weight
    gone = after == 0
    assert before[gone].abs().max() <= before[~gone].abs().min()
    assert torch.equal(before[~gone], after[~gone])


def test_convolutions_and_biases_are_left_alone() -> None:
    before, after = model(), prune(model(), Prune(0.8))
    assert torch.equal(before[3].weight, after[3].weight)
    assert torch.equal(before[0].bias, after[0].bias)


def test_pruning_leaves_plain_weights_behind() -> None:
    names = dict(prune(model(), Prune(0.3)).named_parameters())
    assert set(names) == set(dict(model().named_parameters()))


def test_patterns_choose_what_is_pruned() -> None:
    pruned = prune(model(), Prune(0.5, include=("*",), exclude=("2",)))
    assert (pruned[0].weight == 0).any()
    assert not (pruned[2].weight == 0).any()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Prune(0.96), "between 0% and 95%"),
        (Prune(-0.1), "between 0% and 95%"),
        (Prune(0.3, include=("decoder.*",)), "matches none of the model's 2 Linear layers"),
    ],
)
def test_what_cannot_be_done_is_said(step: Prune, words: str) -> None:
    with pytest.raises(VariantError, match=words):
        prune(model(), step)
