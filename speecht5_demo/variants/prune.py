"""L1-unstructured pruning, as the source report did it.

Zeros are written into the dense weights: they buy no speed on a CPU and no size until the file is compressed.
Source: `torch.nn.utils.prune` (magnitude pruning; Han et al. 2015, arXiv 1506.02626).
"""

from __future__ import annotations

from torch import nn
from torch.nn.utils import prune as torch_prune

from speecht5_demo.errors import VariantError
from speecht5_demo.variants.layers import selected_linears
from speecht5_demo.variants.recipe import Prune

MAX_AMOUNT = 0.95


def prune(model: nn.Module, step: Prune) -> nn.Module:
    """Prune in place and return the model.

    Raises:
        VariantError: the amount is outside 0 to 0.95, or a pattern matches nothing.
    """
    if not 0.0 <= step.amount <= MAX_AMOUNT:
        raise VariantError(
            f"Cannot prune {step.amount:.0%} of the weights: choose an amount between 0% and {MAX_AMOUNT:.0%}."
        )
    for _, layer in list(selected_linears(model, step.include, step.exclude)):
        torch_prune.l1_unstructured(layer, "weight", amount=step.amount)
        torch_prune.remove(layer, "weight")
    return model
