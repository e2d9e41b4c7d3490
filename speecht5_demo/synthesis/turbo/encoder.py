"""The text encoder by PyTorch's operators, one text at a time.

A batch is encoded text by text on purpose: here the encoder is bound by arithmetic, so padding would cost and batching
would not pay, and a text's encoding cannot depend on what it is batched with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.synthesis.native import PackedLinear
from speecht5_demo.synthesis.turbo.linears import Ready
from speecht5_demo.variants.turbo import TurboWeights


class Encoder:
    """Token ids to the keys and values of every decoder layer's cross-attention."""

    def __init__(self, weights: TurboWeights, linears: Mapping[str, Ready]) -> None:
        shape = weights.shape
        self._shape = shape
        self._linears = linears
        self._tokens, self._positions, self._relative = (
            weights.tensors[f"encoder.{name}"] for name in ("tokens", "positions", "relative")
        )
        self._norms = {
            name: weights.norm(name)
            for name in ["encoder.norm"]
            + [f"encoder.{index}.norm{number}" for index in range(shape.encoder_layers) for number in (1, 2)]
        }
        self._width = (weights.hidden,)
        self._size = weights.hidden // shape.encoder_heads
        self._act: Ready = F.gelu if shape.activation == "gelu" else F.relu

    @property
    def positions(self) -> int:
        """Most tokens that a text may have."""
        return self._positions.shape[0]

    def cross_of(self, texts: Sequence[Tensor]) -> list[list[Tensor]]:
        """Texts, int64 (n,) each, to what the decoder looks at.

        Returns:
            for each text and decoder layer, float32 (2, heads, n, size): keys, then values.
        """
        return [self.in_heads(self.keys_and_values(self.encode(text))) for text in texts]

    def embed(self, tokens: Tensor) -> Tensor:
        """int64 (n,) to what the first layer hears, float32 (n, hidden)."""
        return self._norm("encoder.norm", self._tokens[tokens] + self._positions[: tokens.shape[0]])

    def encode(self, tokens: Tensor) -> Tensor:
        """int64 (n,) to float32 (n, hidden)."""
        count, heads, size = tokens.shape[0], self._shape.encoder_heads, self._size
        hidden = self.embed(tokens)
        distances = self._distances(count)
        for index in range(self._shape.encoder_layers):
            name = f"encoder.{index}"
            query, key, value = self._linears[f"{name}.qkv"](hidden).view(count, 3, heads, size).unbind(1)
            query = query * size**-0.5
            bias = self._bias(query, distances)
            query, key, value = (part.transpose(0, 1) for part in (query, key, value))
            # Plain products: with a bias for every pair of tokens, the fused operator takes twice as long here.
            scores = (query @ key.transpose(1, 2)).add_(bias)
            mixed = torch.softmax(scores, -1) @ value
            mixed = mixed.transpose(0, 1).reshape(count, -1)
            hidden = self._norm(f"{name}.norm1", hidden + self._linears[f"{name}.out"](mixed))
            inner = self._up(name, hidden)
            hidden = self._norm(f"{name}.norm2", hidden + self._linears[f"{name}.down"](inner))
        return hidden

    def keys_and_values(self, encoded: Tensor) -> Iterator[Tensor]:
        """Encoded rows, float32 (n, hidden), to those of each decoder layer, float32 (n, 2 * hidden)."""
        return (
            self._linears[f"decoder.{index}.cross_kv"](encoded) for index in range(self._shape.decoder_layers)
        )

    def in_heads(self, layers: Iterable[Tensor]) -> list[Tensor]:
        """One text's keys and values as `cross_of` returns them."""
        heads = self._shape.heads
        return [rows.view(len(rows), 2, heads, -1).permute(1, 2, 0, 3).contiguous() for rows in layers]

    def _up(self, name: str, rows: Tensor) -> Tensor:
        """The feed-forward block's first layer, activated; in one go where the kernel can."""
        layer = self._linears[f"{name}.up"]
        if isinstance(layer, PackedLinear):
            return layer(rows, self._shape.activation)
        return self._act(layer(rows))

    def _norm(self, name: str, rows: Tensor) -> Tensor:
        return F.layer_norm(rows, self._width, *self._norms[name], self._shape.norm_eps)

    def _distances(self, count: int) -> Tensor:
        """Relative position vectors from the farthest ahead to the farthest behind, shape (2 n - 1, size)."""
        farthest = self._shape.relative_positions
        offsets = torch.arange(count - 1, -count, -1).clamp(-farthest, farthest - 1) + farthest
        vectors: Tensor = self._relative[offsets]
        return vectors

    def _bias(self, query: Tensor, distances: Tensor) -> Tensor:
        """What relative positions add to the scores of scaled queries (n, heads, size), shape (heads, n, n).

        Row i of a head of `query @ distances.T` holds distance i - j in column n - 1 - (i - j): each row is the one
        above moved by one, which a strided view reads without copying.
        """
        count, heads, _ = query.shape
        scores: Tensor = query.flatten(0, 1) @ distances.T
        wide = 2 * count - 1
        return scores.as_strided((heads, count, count), (wide, heads * wide - 1, 1), count - 1)
