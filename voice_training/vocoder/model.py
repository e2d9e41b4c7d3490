"""The vocoder: a SpeechT5HifiGan of the stock class, four stages of four samples each, a tenth of the published one."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from voice_training.settings import VocoderSettings


def new_vocoder(settings: VocoderSettings, mean: Tensor, scale: Tensor) -> SpeechT5HifiGan:
    """An untrained vocoder for frames of that mean and deviation (each of shape (80,))."""
    config = SpeechT5HifiGanConfig(
        upsample_initial_channel=settings.channels,
        upsample_rates=[4, 4, 4, 4],
        upsample_kernel_sizes=[8, 8, 8, 8],
        resblock_kernel_sizes=[3, 7],
        resblock_dilation_sizes=[[1, 3], [1, 3]],
        normalize_before=True,
    )
    vocoder = SpeechT5HifiGan(config)
    for module in vocoder.modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(2))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    vocoder.mean.copy_(mean)
    vocoder.scale.copy_(scale)
    return vocoder


@torch.no_grad()
def mean_vocoder(first: SpeechT5HifiGan, second: SpeechT5HifiGan) -> SpeechT5HifiGan:
    """A vocoder of the mean weights of two that are one training's, stages apart.

    What is trained on predicted frames sounds better and blurs some words; halfway the built-in voice kept the better
    sound and had fewer word errors on development texts than at either end.
    """
    mean = copy.deepcopy(first)
    others = second.state_dict()
    mean.load_state_dict({name: (weights + others[name]) / 2 for name, weights in first.state_dict().items()})
    return mean


def speak_channels_last(vocoder: SpeechT5HifiGan, mel: Tensor) -> Tensor:
    """What `vocoder(mel)` gives, shape (B, 256 * T), for frames of shape (B, T, 80), as pictures one line high.

    It is the same arithmetic on the same weights. A processor's one-dimensional convolutions have no kernel that keeps
    channels together, so every call moves them there and back; in a vocoder this narrow that takes a good part of the
    time.
    """
    model: Any = vocoder
    slope = model.config.leaky_relu_slope
    if model.config.normalize_before:
        mel = (mel - model.mean) / model.scale
    x = _channels_last(mel.transpose(1, 2)[:, :, None])
    x = _convolved(model.conv_pre, x)
    for stage, upsampler in enumerate(model.upsampler):
        x = _upsampled(upsampler, F.leaky_relu(x, slope))
        blocks = model.resblocks[stage * model.num_kernels : (stage + 1) * model.num_kernels]
        first, *others = [_residual(block, x) for block in blocks]
        x = sum(others, first) / len(blocks)
    x = _convolved(model.conv_post, F.leaky_relu(x))
    return torch.tanh(x)[:, 0, 0]


def _residual(block: Any, x: Tensor) -> Tensor:
    slope = block.leaky_relu_slope
    for first, second in zip(block.convs1, block.convs2, strict=True):
        inner = _convolved(first, F.leaky_relu(x, slope))
        x = x + _convolved(second, F.leaky_relu(inner, slope))
    return x


def _convolved(layer: nn.Conv1d, x: Tensor) -> Tensor:
    return F.conv2d(x, _kernel(layer), layer.bias, 1, (0, int(layer.padding[0])), (1, layer.dilation[0]))


def _upsampled(layer: nn.ConvTranspose1d, x: Tensor) -> Tensor:
    return F.conv_transpose2d(x, _kernel(layer), layer.bias, (1, layer.stride[0]), (0, int(layer.padding[0])))


def _kernel(layer: nn.Conv1d | nn.ConvTranspose1d) -> Tensor:
    return _channels_last(layer.weight[:, :, None])


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
