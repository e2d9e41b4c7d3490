"""The vocoder's model, a small SpeechT5HifiGan of the stock class: a new one, a known one, and its pass in training.

A new one has five stages and a fifth of the published one's weights.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from voice_training import VoiceTrainingError
from voice_training.corpus import HOP, MEL_BINS
from voice_training.settings import VocoderSettings


def new_vocoder(settings: VocoderSettings, mean: Tensor, scale: Tensor) -> SpeechT5HifiGan:
    """An untrained vocoder for frames of that mean and deviation (each of shape (80,))."""
    config = SpeechT5HifiGanConfig(
        upsample_initial_channel=settings.channels,
        upsample_rates=list(settings.rates),
        upsample_kernel_sizes=[2 * rate for rate in settings.rates],
        resblock_kernel_sizes=list(settings.kernels),
        resblock_dilation_sizes=[list(dilations) for dilations in settings.dilations],
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
def widened_vocoder(
    known: SpeechT5HifiGan, settings: VocoderSettings, mean: Tensor, scale: Tensor
) -> SpeechT5HifiGan:
    """A new vocoder of the shape of `settings` with the layers of `known` that fit, counted from the last stage.

    The last stages make the samples and are alike in every vocoder; from nothing they take most of the time to learn.

    Raises:
        VoiceTrainingError: none of its stages fits.
    """
    vocoder = new_vocoder(settings, mean, scale)
    new: Any = vocoder
    old: Any = known
    pairs = [(new.conv_post, old.conv_post)]
    for mine, theirs in zip(reversed(new.upsampler), reversed(old.upsampler), strict=False):
        pairs.append((mine, theirs))
    for block, other in zip(reversed(new.resblocks), reversed(old.resblocks), strict=False):
        alike = {layer.dilation: place for place, layer in enumerate(other.convs1)}
        for mine, then in zip(block.convs1, block.convs2, strict=True):
            if mine.dilation in alike:
                place = alike[mine.dilation]
                pairs += [(mine, other.convs1[place]), (then, other.convs2[place])]
    fitting = [(mine, theirs) for mine, theirs in pairs if mine.weight.shape == theirs.weight.shape]
    if not any(isinstance(mine, nn.ConvTranspose1d) for mine, _ in fitting):
        raise VoiceTrainingError("None of the vocoder's stages fits into a wider one: start without it.")
    for mine, theirs in fitting:
        mine.load_state_dict(theirs.state_dict())
    return vocoder


def open_vocoder(folder: Path) -> SpeechT5HifiGan:
    """The vocoder in `folder`, in float32.

    Raises:
        VoiceTrainingError: there is none for mel frames of this kind.
    """
    if not (folder / "config.json").is_file():
        raise VoiceTrainingError(f"{folder} is no vocoder: it has no config.json. Give a vocoder's folder.")
    config = SpeechT5HifiGanConfig.from_pretrained(folder, local_files_only=True)
    if math.prod(config.upsample_rates) != HOP or config.model_in_dim != MEL_BINS:
        raise VoiceTrainingError(
            f"{folder} is a vocoder for {config.model_in_dim} mel bins, {math.prod(config.upsample_rates)} samples "
            f"a frame: one for {MEL_BINS} bins and {HOP} samples is needed."
        )
    return SpeechT5HifiGan.from_pretrained(folder, local_files_only=True, dtype=torch.float32)


@torch.no_grad()
def mean_vocoder(first: SpeechT5HifiGan, second: SpeechT5HifiGan) -> SpeechT5HifiGan:
    """A vocoder of the mean weights of two that are one training's, stages apart.

    What is trained on predicted frames sounds better and blurs some words; halfway the first built-in voice kept the
    better sound and had fewer word errors on development texts than at either end.
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
