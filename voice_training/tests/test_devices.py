"""Where a voice is trained, and in which arithmetic."""

import pytest
import torch

from voice_training import VoiceTrainingError, devices
from voice_training.devices import mixed_precision, pick_device


@pytest.mark.parametrize(("pays", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_trains_in_bfloat16_only_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, pays: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(devices, "bf16_pays", lambda: pays)
    layer = torch.nn.Linear(8, 8)
    with mixed_precision(torch.device("cpu")):
        made = layer(torch.ones(2, 8))
    assert made.dtype == dtype
    made.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(VoiceTrainingError, match="teapot"):
        pick_device("teapot")
    assert pick_device("cpu") == torch.device("cpu")
