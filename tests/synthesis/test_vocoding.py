"""Which arithmetic a vocoder of bfloat16 weights is computed in."""

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import vocoding
from speecht5_demo.synthesis.vocoding import Vocoder, bf16_pays_on
from speecht5_demo.variants.turbo import fold_vocoder


@pytest.mark.parametrize(
    ("tiles", "vectors", "vendor", "pays"),
    [
        (True, True, "GenuineIntel", True),
        (False, True, "GenuineIntel", False),
        (False, True, "AuthenticAMD", True),
        (False, False, "AuthenticAMD", False),
        (False, False, "", False),
    ],
)
def test_bfloat16_is_computed_in_only_where_it_is_faster(
    tiles: bool, vectors: bool, vendor: str, pays: bool
) -> None:
    assert bf16_pays_on(tiles, vectors, vendor) is pays


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
