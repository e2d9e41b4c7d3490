"""The postnet in C++ refines what PyTorch's does, and a part of an utterance as the whole."""

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis.native import load, unavailable
from speecht5_demo.synthesis.turbo.native_postnet import NativePostnet
from speecht5_demo.synthesis.turbo.postnet import Postnet
from speecht5_demo.variants import find
from speecht5_demo.variants.build import build
from speecht5_demo.variants.turbo import TurboWeights

with_kernels = pytest.mark.parametrize("native", [load()] if unavailable() is None else [])


@pytest.fixture(scope="module")
def weights(embedded: Checkpoint) -> TurboWeights:
    """Of the built-in voice."""
    return build(embedded, find("turbo"))


@with_kernels
@pytest.mark.parametrize("count", [1, 7, 8, 41, 130])
def test_frames_are_those_of_pytorch(native: object, weights: TurboWeights, count: int) -> None:
    assert NativePostnet.fits(weights)
    frames = torch.randn(count, 80, generator=torch.Generator().manual_seed(count))
    ours, theirs = NativePostnet(native, weights), Postnet(weights)  # type: ignore[arg-type]
    assert torch.allclose(ours.refine(frames), theirs.refine(frames), atol=1e-4, rtol=0)
    assert ours.refine(frames[:0]).shape == (0, 80)


@with_kernels
def test_parts_are_the_whole_to_the_last_bit(native: object, weights: TurboWeights) -> None:
    postnet = NativePostnet(native, weights)  # type: ignore[arg-type]
    frames = torch.randn(90, 80, generator=torch.Generator().manual_seed(9))
    whole, made, known = postnet.refine(frames), 0, []
    for heard in (5, 11, 12, 40, 41, 77, 90):
        ready = postnet.ready(heard, heard == len(frames))
        assert ready == len(frames) or postnet.needed(ready + 1) > heard
        known.append(postnet.refine(frames[:heard], made, ready))
        made = ready
    assert torch.equal(torch.cat(known), whole)
    torch.set_num_threads(2)
    try:
        assert torch.equal(postnet.refine(frames), whole)
    finally:
        torch.set_num_threads(1)
