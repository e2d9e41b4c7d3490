"""The attention of a turbo run is that of its own weights: looked at again, the run makes the same frames."""

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import StepLimits, native
from speecht5_demo.synthesis.turbo import TurboEngine
from speecht5_demo.synthesis.turbo.attention import look_back
from speecht5_demo.synthesis.turbo.decoding import Prompt
from tests.synthesis.conftest import Pair, turbo_engine

TEXT = "the birch canoe slid on the smooth planks."


def test_fp32_attention_is_that_of_transformers(pair: Pair) -> None:
    request = pair.request(TEXT, StepLimits(max_steps=150))
    run = (request.tokens, request.speaker, request.masks, request.limits)
    ours = pair.turbo.speak(*run, want_attention=True).attention
    theirs = pair.reference.speak(*run, want_attention=True).attention
    assert ours is not None
    assert theirs is not None
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < 1e-3


@pytest.mark.parametrize("kernels", ["native", "torch"])
@pytest.mark.parametrize("name", ["turbo-int8", "turbo-pruned-int8"])
def test_int8_attention_belongs_to_the_frames_that_were_spoken(
    embedded: Checkpoint, pair: Pair, monkeypatch: pytest.MonkeyPatch, name: str, kernels: str
) -> None:
    if kernels == "torch":
        monkeypatch.setattr(native, "load", lambda: None)
    engine = turbo_engine(embedded, name)
    request = pair.request(TEXT, StepLimits(max_steps=30, min_steps=30, threshold=9.0))
    made: list[torch.Tensor] = []

    def kept(engine: TurboEngine, prompt: Prompt, frames: torch.Tensor) -> torch.Tensor:
        looks, again = look_back(engine._watched, prompt, frames)
        made.extend([frames.clone(), again])
        return looks

    monkeypatch.setattr(TurboEngine, "_attention", kept)
    run = engine.speak(request.tokens, request.speaker, request.masks, request.limits, want_attention=True)
    spoken, again = made
    # A single value may fall on the other side of an 8-bit rounding: 1 %. Unpruned weights would differ by 10 %.
    assert float((spoken - again).norm() / spoken.norm()) < 0.03
    assert run.attention is not None
    assert torch.allclose(run.attention.sum(-1), torch.ones(run.attention.shape[:-1]), atol=1e-5)
