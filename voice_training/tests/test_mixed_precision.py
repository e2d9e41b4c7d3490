"""Which arithmetic a voice is trained in."""

import pytest
import torch

from voice_training import mixed_precision as module
from voice_training.mixed_precision import mixed_precision


@pytest.mark.parametrize(("pays", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_trains_in_bfloat16_only_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, pays: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(module, "bf16_pays", lambda: pays)
    layer = torch.nn.Linear(8, 8)
    with mixed_precision(torch.device("cpu")):
        made = layer(torch.ones(2, 8))
    assert made.dtype == dtype
    made.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32
