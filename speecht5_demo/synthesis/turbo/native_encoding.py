"""The text encoder in C++, with the interface of the one in PyTorch: several texts at once.

Each layer's weights are read once for all rows; a text's encoding is the same in any batch, to the last bit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from ctypes import c_int, c_void_p

import torch
from torch import Tensor

from speecht5_demo.synthesis.native.kernels import ACTIVATIONS, EncoderShape, PackedLinear, pointers
from speecht5_demo.synthesis.turbo.encoder import Encoder
from speecht5_demo.variants.turbo import TurboWeights

ROWS = 320
"""Tokens that are encoded together, unless one text has more: what lies between two layers stays near the processor."""
_PARTS = ("qkv", "out", "up", "down")


class NativeEncoder(Encoder):
    """Token ids to the keys and values of every decoder layer's cross-attention, by the library."""

    def __init__(
        self, native: ctypes.CDLL, weights: TurboWeights, linears: Mapping[str, PackedLinear]
    ) -> None:
        super().__init__(weights, linears)
        shape = weights.shape
        self._native = native
        layers = range(shape.encoder_layers)
        names = [f"encoder.{index}.{part}" for index in layers for part in _PARTS]
        norms = [
            tensor
            for index in layers
            for number in (1, 2)
            for tensor in weights.norm(f"encoder.{index}.norm{number}")
        ]
        layout = EncoderShape(
            layers=shape.encoder_layers,
            heads=shape.encoder_heads,
            size=weights.hidden // shape.encoder_heads,
            activation=ACTIVATIONS[shape.activation],
            farthest=shape.relative_positions,
            eps=shape.norm_eps,
        )
        relative = weights.tensors["encoder.relative"].contiguous()
        self._kept = [linears[name] for name in names], norms, relative
        handles = (c_void_p * len(names))(*(linears[name].handle for name in names))
        self._handle: int = native.encoder_new(layout, handles, pointers(norms), relative.data_ptr())

    @staticmethod
    def fits(weights: TurboWeights) -> bool:
        """Whether the library's vectors divide the encoder's heads."""
        return weights.hidden // weights.shape.encoder_heads % 16 == 0

    def cross_of(self, texts: Sequence[Tensor]) -> list[list[Tensor]]:
        """As `Encoder.cross_of`, some texts at a time."""
        return [cross for group in _groups(texts) for cross in self._cross_of_group(group)]

    def _cross_of_group(self, texts: Sequence[Tensor]) -> Iterator[list[Tensor]]:
        counts = [text.shape[0] for text in texts]
        hidden = torch.cat([self.embed(text) for text in texts])
        lengths = (c_int * len(counts))(*counts)
        self._native.encoder_run(
            self._handle, hidden.data_ptr(), lengths, len(counts), torch.get_num_threads()
        )
        layers = [rows.split(counts) for rows in self.keys_and_values(hidden)]
        return (self.in_heads(text) for text in zip(*layers, strict=True))

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.encoder_free(self._handle)


def _groups(texts: Sequence[Tensor]) -> Iterator[Sequence[Tensor]]:
    """The texts in order, as many at a time as have `ROWS` tokens together."""
    group: list[Tensor] = []
    for text in texts:
        if group and sum(len(other) for other in group) + len(text) > ROWS:
            yield group
            group = []
        group = [*group, text]
    if group:
        yield group
