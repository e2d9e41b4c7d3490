"""A variant as transformers' own modules, and what they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from speecht5_demo.variants.sizes import TensorCounts


@dataclass(frozen=True, eq=False)
class Modules:
    """The two networks of a variant, ready for transformers' own loop.

    Attributes:
        acoustic: text and speaker to mel; a `SpeechT5ForTextToSpeech`, its Linear layers possibly replaced.
        vocoder: mel to samples; a `SpeechT5HifiGan`.
    """

    acoustic: nn.Module
    vocoder: nn.Module

    def counts(self) -> TensorCounts:
        """Bytes of all tensors, and how many weights there are."""
        weights = [*_weights(self.acoustic), *_weights(self.vocoder)]
        tensors = [*weights, *self.acoustic.buffers(), *self.vocoder.buffers()]
        return TensorCounts(
            resident_bytes=sum(tensor.numel() * tensor.element_size() for tensor in tensors),
            parameters=sum(weight.numel() for weight in weights),
            nonzero_parameters=sum(_nonzero(weight) for weight in weights),
        )


def _weights(model: nn.Module) -> Iterator[Tensor]:
    yield from model.parameters()
    for module in model.modules():
        if isinstance(module, torch.ao.nn.quantized.Linear):  # its packed weights are no parameters
            weight, bias = module._weight_bias()  # each of `weight()` and `bias()` would unpack both
            yield weight
            if bias is not None:
                yield bias


def _nonzero(tensor: Tensor) -> int:
    return int(torch.count_nonzero(tensor.int_repr() if tensor.is_quantized else tensor))
