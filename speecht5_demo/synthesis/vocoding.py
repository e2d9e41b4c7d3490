"""HiFi-GAN, laid out for a CPU: channels last, and in bfloat16 where that is faster.

Source of the network: Kong et al. 2020 (arXiv 2010.05646), as transformers' `SpeechT5HifiGan` builds it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.arithmetic import bf16_pays
from speecht5_demo.variants.turbo import VocoderShape

SEGMENT = 1024
"""Values at a stage's input that are computed at once; neighbours overlap by three per cent."""
EDGE_REACH = 3
"""Values to each side that the first and the last convolution (kernel size 7) see."""
LAST_SLOPE = 0.01
"""Of the leaky ReLU before the last convolution: PyTorch's default, as transformers leaves it."""


class AnyVocoder(ABC):
    """Mel frames to samples, whole or in parts."""

    def __init__(self, shape: VocoderShape) -> None:
        self.shape = shape
        self.context = _context(shape)
        """Frames on each side that a sample depends on."""

    @abstractmethod
    def vocode(self, mel: Tensor) -> Tensor:
        """float32 (frames, mel bins) to float32 (frames * hop,), in [-1, 1]."""

    def vocode_between(self, mel: Tensor, first: int, last: int) -> Tensor:
        """Samples of frames `first` to `last` (exclusive), computed from their surroundings only.

        They equal those of the whole where `mel` reaches `context` beyond `last`, or ends where the utterance ends.
        """
        begin, end = max(0, first - self.context), min(mel.shape[0], last + self.context)
        hop = self.shape.hop
        return self.vocode(mel[begin:end])[(first - begin) * hop : (last - begin) * hop]


class Vocoder(AnyVocoder):
    """The network by PyTorch's operators.

    Args:
        shape: of the network.
        tensors: folded weights, `vocoder.*`; bfloat16 ones are computed in bfloat16 where that is faster.
    """

    def __init__(self, shape: VocoderShape, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(shape)
        stored = tensors["vocoder.conv_pre.weight"].dtype
        self.dtype = torch.bfloat16 if stored == torch.bfloat16 and bf16_pays() else torch.float32
        self._mean, self._scale = tensors["vocoder.mean"], tensors["vocoder.scale"]
        self._tensors = tensors
        self._before, self._after = self._kernel("conv_pre"), self._kernel("conv_post")
        self._upsamplers = [self._kernel(f"upsampler.{index}") for index in range(len(shape.rates))]
        self._blocks = [
            [
                [
                    (
                        self._kernel(f"resblocks.{stage * len(shape.kernels) + block}.convs1.{index}"),
                        self._kernel(f"resblocks.{stage * len(shape.kernels) + block}.convs2.{index}"),
                        dilation,
                    )
                    for index, dilation in enumerate(shape.dilations[block])
                ]
                for block in range(len(shape.kernels))
            ]
            for stage in range(len(shape.rates))
        ]
        del self._tensors

    def vocode(self, mel: Tensor) -> Tensor:
        """float32 (frames, mel bins) to float32 (frames * hop,), in [-1, 1]."""
        if mel.shape[0] == 0:
            return mel.new_zeros(0)
        if self.shape.normalize:
            mel = (mel - self._mean) / self._scale
        rows = mel.T[None, :, None, :].to(self.dtype).contiguous(memory_format=torch.channels_last)
        rows = _convolve(rows, self._before)
        for stage in range(len(self.shape.rates)):
            rows = self._in_segments(stage, rows)
        rows = _convolve(F.leaky_relu(rows, LAST_SLOPE), self._after)
        return torch.tanh(rows.float()).reshape(-1)

    def _in_segments(self, stage: int, rows: Tensor) -> Tensor:
        """One stage, a segment at a time: the late stages are long, and whole they need ten times their size."""
        length, rate, reach = rows.shape[3], self.shape.rates[stage], _stage_context(self.shape, stage, 0)
        if length <= SEGMENT + 2 * reach:
            return self._stage(stage, rows)
        parts = []
        for first in range(0, length, SEGMENT):
            begin, end = max(0, first - reach), min(length, first + SEGMENT + reach)
            skip, size = (first - begin) * rate, min(SEGMENT, length - first) * rate
            parts.append(self._stage(stage, rows[..., begin:end])[..., skip : skip + size])
        return torch.cat(parts, dim=3)

    def _stage(self, stage: int, rows: Tensor) -> Tensor:
        """Upsample, then the mean of the residual blocks."""
        slope, rate, (weight, bias) = self.shape.slope, self.shape.rates[stage], self._upsamplers[stage]
        rows = F.leaky_relu(rows, slope)
        rows = F.conv_transpose2d(
            rows, weight, bias, stride=(1, rate), padding=(0, (weight.shape[3] - rate) // 2)
        )
        total: Tensor | None = None
        for block in self._blocks[stage]:
            branch = rows
            for first, second, dilation in block:
                inner = _convolve(F.leaky_relu(branch, slope), first, dilation)
                branch = _convolve(F.leaky_relu_(inner, slope), second).add_(branch)
            total = branch if total is None else total.add_(branch)
        assert total is not None
        return total.div_(len(self._blocks[stage]))

    def _kernel(self, name: str) -> tuple[Tensor, Tensor]:
        weight, scale = (self._tensors.get(f"vocoder.{name}.{part}") for part in ("weight", "scale"))
        assert weight is not None
        if scale is not None:
            weight = weight * scale[:, None, None]
        weight = weight.to(self.dtype).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        return weight, self._tensors[f"vocoder.{name}.bias"].to(self.dtype)


def _convolve(rows: Tensor, kernel: tuple[Tensor, Tensor], dilation: int = 1) -> Tensor:
    weight, bias = kernel
    padding = (weight.shape[3] - 1) // 2 * dilation
    return F.conv2d(rows, weight, bias, padding=(0, padding), dilation=(1, dilation))


def _stage_context(shape: VocoderShape, stage: int, reach: int) -> int:
    """Values to one side that a stage reads, at its input's rate, for outputs that reach `reach` beyond their place."""
    widest = max(
        sum((size - 1) // 2 * (dilation + 1) for dilation in dilations)
        for size, dilations in zip(shape.kernels, shape.dilations, strict=True)
    )
    rate, kernel = shape.rates[stage], shape.upsample_kernels[stage]
    return -(-(reach + widest + kernel - 1 - (kernel - rate) // 2) // rate)


def _context(shape: VocoderShape) -> int:
    """How many frames to one side a sample depends on, followed back from the last convolution to the first."""
    reach = EDGE_REACH
    for stage in reversed(range(len(shape.rates))):
        reach = _stage_context(shape, stage, reach)
    return reach + EDGE_REACH
