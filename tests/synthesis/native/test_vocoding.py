"""The vocoder in C++ computes what the network computes, wherever it is cut and whichever instructions it is given."""

import ctypes
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.utils import parametrize
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import StepLimits
from speecht5_demo.synthesis.native import load, unavailable
from speecht5_demo.synthesis.native.vocoding import MARGIN, NativeVocoder, _type, input_scale, spread_out
from speecht5_demo.synthesis.turbo.engine import vocoder_of
from speecht5_demo.synthesis.vocoding import Vocoder
from speecht5_demo.variants import find
from speecht5_demo.variants.build import build
from speecht5_demo.variants.turbo import TurboWeights, fold_vocoder
from tests.synthesis.conftest import Pair

needs_kernels = unavailable() is None
with_kernels = pytest.mark.parametrize("native", [load()] if needs_kernels else [])


def ratio_db(exact: Tensor, made: Tensor) -> float:
    """Signal above error, in dB."""
    return float(10 * torch.log10(exact.square().sum() / (exact - made).square().sum()))


@pytest.fixture(scope="module")
def mel() -> Tensor:
    """Frames of no meaning; more than a segment of the last stage."""
    return torch.randn(75, 80, generator=torch.Generator().manual_seed(5))


@pytest.fixture(scope="module")
def small(embedded: Checkpoint) -> TurboWeights:
    """The built-in voice with 8 bits in the vocoder."""
    return build(embedded, find("turbo-small"))


@pytest.mark.parametrize(("rate", "kernel"), [(4, 8), (2, 4), (8, 16), (5, 11)])
def test_a_transposed_convolution_is_a_plain_one_that_makes_several_rows(rate: int, kernel: int) -> None:
    generator = torch.Generator().manual_seed(rate)
    x = torch.randn(1, 6, 9, generator=generator)
    weight = torch.randn(6, 3, kernel, generator=generator)
    padding = (kernel - rate) // 2
    expected = torch.nn.functional.conv_transpose1d(x, weight, stride=rate, padding=padding)
    spread = spread_out(weight, rate, padding)
    made = torch.nn.functional.conv1d(x, spread, padding=spread.shape[2] // 2)
    rows = made.view(rate, 3, 9).permute(1, 2, 0).reshape(1, 3, -1)
    assert torch.allclose(rows, expected, atol=1e-5)


@with_kernels
def test_bfloat16_is_no_further_from_the_network_than_pytorch_is(
    native: object, embedded: Checkpoint, mel: Tensor
) -> None:
    module = embedded.load_vocoder()
    exact = Vocoder(*fold_vocoder(module)).vocode(mel)
    shape, tensors = fold_vocoder(module, torch.bfloat16)
    ours = NativeVocoder(native, shape, tensors).vocode(mel)  # type: ignore[arg-type]
    assert ours.shape == exact.shape
    with torch.inference_mode():
        theirs = module.to(torch.bfloat16)(mel.to(torch.bfloat16)).float()
    assert ratio_db(exact, ours) > ratio_db(exact, theirs) - 2


@with_kernels
def test_eight_bits_stay_close_on_speech(native: object, pair: Pair, small: TurboWeights) -> None:
    assert {tensor.dtype for name, tensor in small.tensors.items() if name.endswith("convs1.0.weight")} == {
        torch.int8,
        torch.bfloat16,
    }
    request = pair.request("glue the sheet to the dark blue background.", StepLimits(60, 60, 9.0))
    spoken = pair.turbo.speak(request.tokens, request.speaker, request.masks, request.limits)
    for vocoder in (
        NativeVocoder(native, small.vocoder, small.tensors),  # type: ignore[arg-type]
        Vocoder(small.vocoder, small.tensors),
    ):
        assert ratio_db(spoken.samples, vocoder.vocode(spoken.mel)) > 12


@with_kernels
@pytest.mark.parametrize("size", [1, 13, 40])
def test_parts_are_the_whole_on_tiles_to_the_last_bit_else_to_a_ten_thousandth(
    native: object, small: TurboWeights, embedded: Checkpoint, mel: Tensor, size: int
) -> None:
    for shape, tensors in ((small.vocoder, small.tensors), fold_vocoder(embedded.load_vocoder())):
        vocoder = NativeVocoder(native, shape, tensors)  # type: ignore[arg-type]
        whole = vocoder.vocode(mel)
        parts = [
            vocoder.vocode_between(mel, first, min(first + size, len(mel)))
            for first in range(0, len(mel), size)
        ]
        assert float((torch.cat(parts) - whole).abs().max()) <= (0 if vocoder.on_tiles else 1e-4)
        assert vocoder.vocode(mel[:0]).shape == (0,)


@with_kernels
def test_threads_do_not_change_a_sample(
    native: object, small: TurboWeights, embedded: Checkpoint, mel: Tensor
) -> None:
    for shape, tensors in ((small.vocoder, small.tensors), fold_vocoder(embedded.load_vocoder())):
        vocoder = NativeVocoder(native, shape, tensors)  # type: ignore[arg-type]
        alone = vocoder.vocode(mel)
        torch.set_num_threads(2)
        try:
            assert torch.equal(vocoder.vocode(mel), alone)
        finally:
            torch.set_num_threads(1)


def full_size() -> SpeechT5HifiGan:
    """The published architecture with weights whose activations are of order one and whose samples are loud."""
    generator = torch.Generator().manual_seed(4)
    module = SpeechT5HifiGan(SpeechT5HifiGanConfig()).eval()
    for layer in list(module.modules()):
        if parametrize.is_parametrized(layer):
            parametrize.remove_parametrizations(layer, "weight")
        if isinstance(layer, torch.nn.Conv1d | torch.nn.ConvTranspose1d):
            spread = isinstance(layer, torch.nn.ConvTranspose1d)
            fan = 2 * layer.in_channels if spread else layer.in_channels * layer.kernel_size[0]
            gain = 0.7 if layer.in_channels == layer.out_channels else 1.0
            layer.weight.data.normal_(0, gain * fan**-0.5, generator=generator)
            assert layer.bias is not None
            layer.bias.data.normal_(0, 0.05, generator=generator)
    return module


@with_kernels
@pytest.mark.parametrize("frames", [1, 2, 21])
def test_float32_is_pytorchs_to_a_ten_thousandth_at_full_size_and_on_the_built_in_voice(
    native: object, embedded: Checkpoint, frames: int
) -> None:
    mel = torch.randn(frames, 80, generator=torch.Generator().manual_seed(frames))
    for module in (full_size(), embedded.load_vocoder()):
        shape, tensors = fold_vocoder(module)
        assert NativeVocoder.fits(shape, tensors)
        made = NativeVocoder(native, shape, tensors).vocode(mel)  # type: ignore[arg-type]
        exact = Vocoder(shape, tensors).vocode(mel)
        assert float(exact.square().mean()) > 1e-4
        assert float((made - exact).abs().max()) < 1e-4


@with_kernels
@pytest.mark.parametrize(("exact", "error"), [(True, 1e-5), (False, 1e-4)])
@pytest.mark.parametrize("taps", [3, 5, 7, 9, 11, 13])
@pytest.mark.parametrize("dilation", [1, 5])
def test_a_quicker_convolution_errs_by_a_ten_thousandth_at_most_and_an_exact_one_by_a_tenth_of_that(
    native: ctypes.CDLL, taps: int, dilation: int, exact: bool, error: float
) -> None:
    generator = torch.Generator().manual_seed(taps)
    rows, width = 101, 64
    heard = torch.randn(rows, width, generator=generator).relu()
    weight = torch.randn(width, width, taps, generator=generator) * (width * taps) ** -0.5
    inputs = torch.nn.functional.pad(heard, (0, 0, MARGIN, MARGIN))
    made, bias = torch.empty(rows, width), torch.zeros(width)
    _type(native)
    each = native.filter_new(width, width, taps, dilation, exact, weight.data_ptr(), bias.data_ptr())
    native.filter_apply(each, inputs[MARGIN:].data_ptr(), rows, made.data_ptr(), 1)
    native.filter_free(each)
    expected = torch.nn.functional.conv1d(
        heard.double().T[None], weight.double(), padding=taps // 2 * dilation, dilation=dilation
    )[0].T
    assert float((made - expected).norm() / expected.norm()) < error


def test_networks_of_another_form_stay_with_pytorch(small: TurboWeights, embedded: Checkpoint) -> None:
    uneven = replace(small.vocoder, dilations=((1, 3), (1, 3, 5)))
    assert not NativeVocoder.fits(uneven, small.tensors)
    wide = replace(small.vocoder, dilations=tuple((1, 3, 40) for _ in small.vocoder.kernels))
    assert not NativeVocoder.fits(wide, small.tensors)
    chosen = vocoder_of(build(embedded, find("turbo")))
    assert isinstance(chosen, NativeVocoder if needs_kernels else Vocoder)


def test_zero_is_a_whole_number_of_units_also_in_a_range_on_one_side() -> None:
    for low, high in ((-0.3, 4.0), (0.5, 2.0), (-2.0, -1.0), (0.0, 0.0)):
        step, zero = input_scale(torch.tensor([low, high]))
        assert step > 0
        assert 0 <= zero <= 255
