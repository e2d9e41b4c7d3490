"""The vocoder in C++, with the interface of the one in PyTorch.

Two ways: where the processor has a tile unit (AMX), weights of bfloat16 or 8 bits are multiplied as they are;
elsewhere, and for weights of float32, in float32 by Toom-Cook convolutions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from ctypes import POINTER, c_float, c_int, c_void_p
from typing import NamedTuple

import torch
from torch import Tensor

from speecht5_demo.synthesis.vocoding import LAST_SLOPE, AnyVocoder
from speecht5_demo.variants.turbo import VocoderShape

SEGMENT = 2048
"""Rows that a stage makes at once."""
LANES = 16
MARGIN = 160
"""Rows of zeros around an utterance; as in filter.hpp."""
MADE = 6
"""Outputs of a Toom-Cook tile; as in toom_cook.hpp."""
_BF16, _U8 = 0, 1


class Layout(ctypes.Structure):
    """`VocoderShape` of vocoder.cpp and `TileVocoderShape` of tile_vocoder.cpp."""

    _fields_ = (
        *((name, c_int) for name in ("stages", "blocks", "steps", "segment")),
        *((name, c_float) for name in ("slope", "last_slope")),
    )


class _Weights(NamedTuple):
    """A convolution as it is stored: (outputs, inputs, kernel) weights, and of 8-bit ones their scales and inputs."""

    weight: Tensor
    bias: Tensor
    dilation: int = 1
    scale: Tensor | None = None
    reach: Tensor | None = None


class NativeVocoder(AnyVocoder):
    """Mel frames to samples, by the library.

    On tiles a part of an utterance is the same in any surroundings, to the last bit. In float32 it is so to 1e-4 (where
    rounded weights have filters of 11 taps, to 3e-4): a sample's last digits depend on where its tile of six begins.

    Args:
        native: the library.
        shape: of the network.
        tensors: folded weights, `vocoder.*`.
    """

    def __init__(self, native: ctypes.CDLL, shape: VocoderShape, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(shape)
        _type(native)
        self._mean, self._scale = tensors["vocoder.mean"], tensors["vocoder.scale"]
        stored = tensors["vocoder.conv_pre.weight"].dtype
        tiles = bool(native.has_tiles()) and stored == torch.bfloat16
        self.on_tiles = tiles
        """Whether the tile unit multiplies, in bfloat16 and 8 bits."""
        self._way: _Tiles | _Floats = (
            _Tiles(native, shape, tensors) if tiles else _Floats(native, shape, tensors)
        )

    @staticmethod
    def fits(shape: VocoderShape, tensors: Mapping[str, Tensor]) -> bool:
        """Whether the library runs this network."""
        names = ["conv_pre", *(f"upsampler.{stage}" for stage in range(len(shape.rates)))]
        widths = [tensors[f"vocoder.{name}.bias"].shape[0] for name in names]
        bins = tensors["vocoder.conv_pre.weight"].shape[1]
        farthest = max(
            (kernel - 1) // 2 * dilation + (kernel // MADE + 1) * MADE * dilation
            for kernel, dilations in zip(shape.kernels, shape.dilations, strict=True)
            for dilation in dilations
        )
        return (
            all(width % LANES == 0 for width in [bins, *widths])
            and farthest <= MARGIN - LANES
            and len({len(dilations) for dilations in shape.dilations}) == 1
            and all(kernel % 2 == 1 for kernel in shape.kernels)
            and all(
                (kernel - rate) % 2 == 0
                for rate, kernel in zip(shape.rates, shape.upsample_kernels, strict=True)
            )
        )

    def vocode(self, mel: Tensor) -> Tensor:
        """float32 (frames, mel bins) to float32 (frames * hop,), in [-1, 1]."""
        return self._between(mel, 0, mel.shape[0])

    def vocode_between(self, mel: Tensor, first: int, last: int) -> Tensor:
        """As `AnyVocoder.vocode_between`."""
        begin, end = max(0, first - self.context), min(mel.shape[0], last + self.context)
        return self._between(mel[begin:end], first - begin, last - begin)

    def _between(self, mel: Tensor, first: int, last: int) -> Tensor:
        if last <= first:
            return mel.new_zeros(0)
        if self.shape.normalize:
            mel = (mel - self._mean) / self._scale
        return self._way.samples(mel.float().contiguous(), first, last)


class _Floats:
    """In float32."""

    def __init__(self, native: ctypes.CDLL, shape: VocoderShape, tensors: Mapping[str, Tensor]) -> None:
        self._native, self._hop = native, shape.hop
        # Rounded weights err by far more than quicker convolutions do.
        self._exact = tensors["vocoder.conv_pre.weight"].dtype == torch.float32
        self._filters: list[int] = []
        for each in _convolutions(shape, tensors):
            weight = each.weight.float() if each.scale is None else each.weight * each.scale[:, None, None]
            self._new(weight.contiguous(), each.bias.float().contiguous(), each.dilation)
        closing = _convolution(tensors, "conv_post")
        last = closing.weight.float()
        last = (last if closing.scale is None else last * closing.scale[:, None, None]).contiguous()
        self._handle: int = native.vocoder_new(
            *(_layout(shape), (c_void_p * len(self._filters))(*self._filters)),
            *((c_int * len(shape.rates))(*shape.rates), last.shape[1], last.shape[2]),
            *(last.data_ptr(), float(closing.bias[0])),
        )

    def samples(self, mel: Tensor, first: int, last: int) -> Tensor:
        made = torch.empty((last - first) * self._hop)
        self._native.vocoder_run(
            *(self._handle, mel.data_ptr(), mel.shape[0], first, last, made.data_ptr()),
            torch.get_num_threads(),
        )
        return made

    def _new(self, weight: Tensor, bias: Tensor, dilation: int) -> None:
        outputs, inputs, kernel = weight.shape
        self._filters.append(
            self._native.filter_new(
                outputs, inputs, kernel, dilation, self._exact, weight.data_ptr(), bias.data_ptr()
            )
        )

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.vocoder_free(self._handle)
        for each in getattr(self, "_filters", []):
            self._native.filter_free(each)


class _Tiles:
    """In bfloat16 and 8 bits, by the tile unit."""

    def __init__(self, native: ctypes.CDLL, shape: VocoderShape, tensors: Mapping[str, Tensor]) -> None:
        self._native, self._hop = native, shape.hop
        self._made: list[int] = []
        for each in (*_convolutions(shape, tensors), _convolution(tensors, "conv_post")):
            self._new(each)
        handles = (c_void_p * len(self._made))(*self._made)
        rates = (c_int * len(shape.rates))(*shape.rates)
        self._handle: int = native.tile_vocoder_new(_layout(shape), handles, rates)

    def samples(self, mel: Tensor, first: int, last: int) -> Tensor:
        made = torch.empty(mel.shape[0] * self._hop, LANES)
        threads = torch.get_num_threads()
        self._native.tile_vocoder_run(self._handle, mel.data_ptr(), mel.shape[0], made.data_ptr(), threads)
        return torch.tanh(made[first * self._hop : last * self._hop, 0])

    def _new(self, each: _Weights) -> None:
        """Few outputs are filled up to a vector."""
        weight = each.weight if each.weight.dtype == torch.int8 else each.weight.to(torch.bfloat16)
        outputs = -(-weight.shape[0] // LANES) * LANES
        filled = weight.new_zeros(outputs, *weight.shape[1:])
        filled[: weight.shape[0]] = weight
        biases = torch.zeros(outputs)
        biases[: weight.shape[0]] = each.bias.float()
        step, zero = (1.0, 0) if each.reach is None else input_scale(each.reach)
        scales = torch.zeros(outputs) if each.scale is None else each.scale.float().contiguous()
        self._made.append(
            self._native.convolution_new(
                _U8 if weight.dtype == torch.int8 else _BF16,
                *(outputs, weight.shape[1], weight.shape[2], each.dilation),
                *(filled.data_ptr(), scales.data_ptr(), biases.data_ptr(), step, zero),
            )
        )

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.tile_vocoder_free(self._handle)
        for convolution in getattr(self, "_made", []):
            self._native.convolution_free(convolution)


def _convolution(tensors: Mapping[str, Tensor], name: str, dilation: int = 1) -> _Weights:
    name = f"vocoder.{name}"
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return _Weights(weight, bias, dilation, tensors.get(f"{name}.scale"), tensors.get(f"{name}.range"))


def _convolutions(shape: VocoderShape, tensors: Mapping[str, Tensor]) -> Iterator[_Weights]:
    """All but the last, in the order they run."""
    blocks = len(shape.kernels)
    yield _convolution(tensors, "conv_pre")
    for stage, (rate, kernel) in enumerate(zip(shape.rates, shape.upsample_kernels, strict=True)):
        weight = tensors[f"vocoder.upsampler.{stage}.weight"].float()
        bias = tensors[f"vocoder.upsampler.{stage}.bias"].repeat(rate)
        yield _Weights(spread_out(weight, rate, (kernel - rate) // 2), bias)
        for block in range(blocks):
            for index, dilation in enumerate(shape.dilations[block]):
                name = f"resblocks.{stage * blocks + block}"
                yield _convolution(tensors, f"{name}.convs1.{index}", dilation)
                yield _convolution(tensors, f"{name}.convs2.{index}")


def _layout(shape: VocoderShape) -> Layout:
    return Layout(
        stages=len(shape.rates),
        blocks=len(shape.kernels),
        steps=len(shape.dilations[0]),
        segment=SEGMENT,
        slope=shape.slope,
        last_slope=LAST_SLOPE,
    )


def input_scale(reach: Tensor) -> tuple[float, int]:
    """What one unit of 8-bit inputs stands for, and which unit is zero, for inputs between two values."""
    low, high = min(0.0, float(reach[0])), max(0.0, float(reach[1]))
    step = max((high - low) / 255.0, 1e-12)
    return step, round(-low / step)


def spread_out(weight: Tensor, rate: int, padding: int) -> Tensor:
    """A transposed convolution as a plain one that makes `rate` rows at once.

    Args:
        weight: (inputs, outputs, kernel), of the transposed one.
        rate, padding: its stride and padding.

    Returns:
        (rate * outputs, inputs, odd kernel).
    """
    inputs, outputs, kernel = weight.shape
    taps = [
        (phase, offset, phase + padding - offset * rate)
        for phase in range(rate)
        for offset in range(-kernel, kernel + 1)
        if 0 <= phase + padding - offset * rate < kernel
    ]
    half = max(abs(offset) for _, offset, _ in taps)
    spread = weight.new_zeros(rate, outputs, inputs, 2 * half + 1)
    for phase, offset, tap in taps:
        spread[phase, :, :, half + offset] = weight[:, :, tap].T
    return spread.flatten(0, 1)


def _type(native: ctypes.CDLL) -> None:
    """Tell ctypes the types of the library's vocoders."""
    native.has_tiles.restype = c_int
    native.filter_new.restype = c_void_p
    native.filter_new.argtypes = [*[c_int] * 5, *[c_void_p] * 2]
    native.filter_free.restype = None
    native.filter_free.argtypes = [c_void_p]
    native.filter_apply.restype = None
    native.filter_apply.argtypes = [c_void_p, c_void_p, c_int, c_void_p, c_int]
    native.vocoder_new.restype = c_void_p
    native.vocoder_new.argtypes = [POINTER(Layout), POINTER(c_void_p), POINTER(c_int)]
    native.vocoder_new.argtypes += [c_int, c_int, c_void_p, c_float]
    native.vocoder_free.restype = None
    native.vocoder_free.argtypes = [c_void_p]
    native.vocoder_run.restype = None
    native.vocoder_run.argtypes = [c_void_p, c_void_p, c_int, c_int, c_int, c_void_p, c_int]
    if not native.has_tiles():
        return
    native.convolution_new.restype = c_void_p
    native.convolution_new.argtypes = [*[c_int] * 5, *[c_void_p] * 3, c_float, c_int]
    native.convolution_free.restype = None
    native.convolution_free.argtypes = [c_void_p]
    native.tile_vocoder_new.restype = c_void_p
    native.tile_vocoder_new.argtypes = [POINTER(Layout), POINTER(c_void_p), POINTER(c_int)]
    native.tile_vocoder_free.restype = None
    native.tile_vocoder_free.argtypes = [c_void_p]
    native.tile_vocoder_run.restype = None
    native.tile_vocoder_run.argtypes = [c_void_p, c_void_p, c_int, c_void_p, c_int]
