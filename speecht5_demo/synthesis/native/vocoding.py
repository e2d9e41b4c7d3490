"""The vocoder in C++, with the interface of the one in PyTorch."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import POINTER, c_float, c_int, c_void_p

import torch
from torch import Tensor

from speecht5_demo.arithmetic import has_bf16
from speecht5_demo.synthesis.vocoding import LAST_SLOPE, AnyVocoder
from speecht5_demo.variants.turbo import VocoderShape

SEGMENT = 2048
"""Rows that a stage makes at once."""
LANES = 16
_BF16, _U8 = 0, 1


class Layout(ctypes.Structure):
    """`VocoderShape` of vocoder.cpp."""

    _fields_ = (
        *((name, c_int) for name in ("stages", "blocks", "steps", "segment")),
        *((name, c_float) for name in ("slope", "last_slope")),
    )


class NativeVocoder(AnyVocoder):
    """Mel frames to samples; a part of an utterance is the same in any surroundings, to the last bit.

    Args:
        native: the library.
        shape: of the network.
        tensors: folded weights, `vocoder.*`, in bfloat16 or int8.
    """

    def __init__(self, native: ctypes.CDLL, shape: VocoderShape, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(shape)
        self._mean, self._scale = tensors["vocoder.mean"], tensors["vocoder.scale"]
        self._native = _typed(native)
        self._convolutions: list[int] = []
        blocks = len(shape.kernels)
        self._add("conv_pre", tensors)
        for stage, (rate, kernel) in enumerate(zip(shape.rates, shape.upsample_kernels, strict=True)):
            weight = tensors[f"vocoder.upsampler.{stage}.weight"]
            spread = spread_out(weight.float(), rate, (kernel - rate) // 2)
            bias = tensors[f"vocoder.upsampler.{stage}.bias"].repeat(rate)
            self._new(spread.to(torch.bfloat16), bias)
            for block in range(blocks):
                for index, dilation in enumerate(shape.dilations[block]):
                    name = f"resblocks.{stage * blocks + block}"
                    self._add(f"{name}.convs1.{index}", tensors, dilation)
                    self._add(f"{name}.convs2.{index}", tensors)
        self._add("conv_post", tensors)
        layout = Layout(
            stages=len(shape.rates),
            blocks=blocks,
            steps=len(shape.dilations[0]),
            segment=SEGMENT,
            slope=shape.slope,
            last_slope=LAST_SLOPE,
        )
        handles = (c_void_p * len(self._convolutions))(*self._convolutions)
        rates = (c_int * len(shape.rates))(*shape.rates)
        self._handle: int = self._native.vocoder_new(layout, handles, rates)

    @staticmethod
    def fits(shape: VocoderShape, tensors: Mapping[str, Tensor]) -> bool:
        """Whether the library runs this network: not where bfloat16 is emulated, for there PyTorch is faster.

        On Intel processors without AMX its fp32 is faster too, but serving would take more memory than it may.
        """
        first = tensors["vocoder.conv_pre.weight"]
        integers = any(name.startswith("vocoder.") and name.endswith(".range") for name in tensors)
        widths = [first.shape[1], *(tensors[f"vocoder.{name}.bias"].shape[0] for name in _wide(shape))]
        return (
            first.dtype == torch.bfloat16
            and (integers or has_bf16())
            and all(width % LANES == 0 for width in widths)
            and len({len(dilations) for dilations in shape.dilations}) == 1
            and all(kernel % 2 == 1 for kernel in shape.kernels)
            and all(
                (kernel - rate) % 2 == 0
                for rate, kernel in zip(shape.rates, shape.upsample_kernels, strict=True)
            )
        )

    def vocode(self, mel: Tensor) -> Tensor:
        """float32 (frames, mel bins) to float32 (frames * hop,), in [-1, 1]."""
        frames = mel.shape[0]
        if frames == 0:
            return mel.new_zeros(0)
        if self.shape.normalize:
            mel = (mel - self._mean) / self._scale
        mel = mel.float().contiguous()
        made = torch.empty(frames * self.shape.hop, LANES)
        threads = torch.get_num_threads()
        self._native.vocoder_run(self._handle, mel.data_ptr(), frames, made.data_ptr(), threads)
        return torch.tanh(made[:, 0])

    def _add(self, name: str, tensors: Mapping[str, Tensor], dilation: int = 1) -> None:
        name = f"vocoder.{name}"
        self._new(
            tensors[f"{name}.weight"],
            tensors[f"{name}.bias"],
            dilation,
            tensors.get(f"{name}.scale"),
            tensors.get(f"{name}.range"),
        )

    def _new(
        self,
        weight: Tensor,
        bias: Tensor,
        dilation: int = 1,
        scale: Tensor | None = None,
        reach: Tensor | None = None,
    ) -> None:
        """A convolution of (outputs, inputs, kernel) weights; few outputs are filled up to a vector."""
        outputs = -(-weight.shape[0] // LANES) * LANES
        filled = weight.new_zeros(outputs, *weight.shape[1:])
        filled[: weight.shape[0]] = weight
        biases = torch.zeros(outputs)
        biases[: weight.shape[0]] = bias.float()
        step, zero = (1.0, 0) if reach is None else input_scale(reach)
        scales = torch.zeros(outputs) if scale is None else scale.float().contiguous()
        self._convolutions.append(
            self._native.convolution_new(
                _U8 if weight.dtype == torch.int8 else _BF16,
                *(outputs, weight.shape[1], weight.shape[2], dilation),
                *(filled.data_ptr(), scales.data_ptr(), biases.data_ptr(), step, zero),
            )
        )

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.vocoder_free(self._handle)
        for convolution in getattr(self, "_convolutions", []):
            self._native.convolution_free(convolution)


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


def _wide(shape: VocoderShape) -> list[str]:
    return ["conv_pre", *(f"upsampler.{stage}" for stage in range(len(shape.rates)))]


def _typed(native: ctypes.CDLL) -> ctypes.CDLL:
    native.convolution_new.restype = c_void_p
    native.convolution_new.argtypes = [*[c_int] * 5, *[c_void_p] * 3, c_float, c_int]
    native.convolution_free.restype = None
    native.convolution_free.argtypes = [c_void_p]
    native.vocoder_new.restype = c_void_p
    native.vocoder_new.argtypes = [POINTER(Layout), POINTER(c_void_p), POINTER(c_int)]
    native.vocoder_free.restype = None
    native.vocoder_free.argtypes = [c_void_p]
    native.vocoder_run.restype = None
    native.vocoder_run.argtypes = [c_void_p, c_void_p, c_int, c_void_p, c_int]
    return native
