"""The vocoder in C++ computes what the network computes, wherever it is cut and whichever instructions it is given."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.synthesis import StepLimits
from speecht5_demo.synthesis.native import load, unavailable
from speecht5_demo.synthesis.native.vocoding import NativeVocoder, input_scale, spread_out
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
def test_parts_are_the_whole_to_the_last_bit(
    native: object, small: TurboWeights, mel: Tensor, size: int
) -> None:
    vocoder = NativeVocoder(native, small.vocoder, small.tensors)  # type: ignore[arg-type]
    whole = vocoder.vocode(mel)
    parts = [
        vocoder.vocode_between(mel, first, min(first + size, len(mel))) for first in range(0, len(mel), size)
    ]
    assert torch.equal(torch.cat(parts), whole)
    assert vocoder.vocode(mel[:0]).shape == (0,)


@with_kernels
def test_threads_do_not_change_a_sample(native: object, small: TurboWeights, mel: Tensor) -> None:
    vocoder = NativeVocoder(native, small.vocoder, small.tensors)  # type: ignore[arg-type]
    alone = vocoder.vocode(mel)
    torch.set_num_threads(2)
    try:
        assert torch.equal(vocoder.vocode(mel), alone)
    finally:
        torch.set_num_threads(1)


SPEAK = """
import os, sys, torch
from speecht5_demo.checkpoints import open_checkpoint
from speecht5_demo.synthesis.native import load
from speecht5_demo.synthesis.native.vocoding import NativeVocoder
from speecht5_demo.variants import find
from speecht5_demo.variants.turbo import fold_vocoder
torch.set_num_threads(1)
folded = fold_vocoder(open_checkpoint("embedded").load_vocoder(), torch.bfloat16)
for kernels in sys.argv[2:]:
    if os.fork() == 0:  # the choice is made once a process
        os.environ["SPEECHT5_DEMO_KERNELS"] = kernels
        torch.save(NativeVocoder(load(), *folded).vocode(torch.load(sys.argv[1])), f"{kernels}.pt")
        os._exit(0)
    assert os.wait()[1] == 0
"""
OLDER = ["vnni", "bf16"] if torch.cpu._is_avx512_bf16_supported() else ["vnni"]
OLDER = OLDER if needs_kernels else []


@pytest.fixture(scope="module")
def said_by_older(mel: Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what each of the older kernels makes of the frames."""
    folder = tmp_path_factory.mktemp("older")
    torch.save(mel, folder / "mel.pt")
    command = [sys.executable, "-c", SPEAK, "mel.pt", *OLDER]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    subprocess.run(command, check=True, cwd=folder, env=environment, timeout=200)
    return folder


@pytest.mark.parametrize("kernels", OLDER)
def test_older_processors_say_the_same(
    embedded: Checkpoint, mel: Tensor, said_by_older: Path, kernels: str
) -> None:
    exact = Vocoder(*fold_vocoder(embedded.load_vocoder())).vocode(mel)
    assert ratio_db(exact, torch.load(said_by_older / f"{kernels}.pt")) > 15


def test_networks_of_another_form_stay_with_pytorch(small: TurboWeights, embedded: Checkpoint) -> None:
    uneven = replace(small.vocoder, dilations=((1, 3), (1, 3, 5)))
    assert not NativeVocoder.fits(uneven, small.tensors)
    assert isinstance(vocoder_of(build(embedded, find("turbo"))), Vocoder)


def test_zero_is_a_whole_number_of_units_also_in_a_range_on_one_side() -> None:
    for low, high in ((-0.3, 4.0), (0.5, 2.0), (-2.0, -1.0), (0.0, 0.0)):
        step, zero = input_scale(torch.tensor([low, high]))
        assert step > 0
        assert 0 <= zero <= 255
