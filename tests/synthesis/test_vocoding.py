"""Which arithmetic a vocoder of bfloat16 weights is computed in."""

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import vocoding
from speecht5_demo.synthesis.vocoding import Vocoder
from speecht5_demo.variants.turbo import fold_vocoder


@pytest.mark.parametrize(("pays", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_weights_of_bfloat16_speak_in_either_arithmetic(
    embedded: Checkpoint, monkeypatch: pytest.MonkeyPatch, pays: bool, dtype: torch.dtype
) -> None:
    module = embedded.load_vocoder()
    mel = torch.randn(40, 80, generator=torch.Generator().manual_seed(1))
    exact = Vocoder(*fold_vocoder(module)).vocode(mel)
    monkeypatch.setattr(vocoding, "bf16_pays", lambda: pays)
    vocoder = Vocoder(*fold_vocoder(module, torch.bfloat16))
    assert vocoder.dtype == dtype
    made = vocoder.vocode(mel)
    assert made.dtype == torch.float32
    assert (made - exact).square().mean() < 0.05 * exact.square().mean()
