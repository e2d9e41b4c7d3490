"""The decoder loop in PyTorch: a batch of utterances, one step at a time, resumable.

What transformers' loop does and this one does not: run the prenet over the whole history for one frame, concatenate the
cache, project the text's keys and values anew, ask for query, key and value separately. The state of a run lives in
`TorchDecoding`; weights are shared and never written, so runs in different threads do not meet.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.synthesis.engine import StepLimits
from speecht5_demo.synthesis.masks import DropoutMasks
from speecht5_demo.synthesis.turbo.linears import Ready
from speecht5_demo.variants.turbo import TurboWeights

FIRST_STEPS = 128
"""Steps that the cache holds at first; it doubles when it is full."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """What the decoder needs to know about one utterance.

    Attributes:
        cross: keys and values of the text, one float32 (2, heads, tokens, size) a layer.
        speaker: x-vector, float32 (512,).
        masks: dropout of the prenet.
        limits: how long it may get.
    """

    cross: list[Tensor]
    speaker: Tensor
    masks: DropoutMasks
    limits: StepLimits


Norm = tuple[Tensor, Tensor]


class DecoderLayer(NamedTuple):
    """One layer, in the order it computes."""

    qkv: Ready
    out: Ready
    cross_q: Ready
    cross_out: Ready
    up: Ready
    down: Ready
    norm1: Norm
    norm2: Norm
    norm3: Norm


class SpeakerTerm:
    """What a speaker adds before the prenet's last non-linearity; the same at every step."""

    def __init__(self, weights: TurboWeights) -> None:
        self._weight, self._bias = (
            weights.tensors["prenet.speaker.weight"],
            weights.tensors["prenet.speaker.bias"],
        )

    def __call__(self, vectors: Tensor) -> Tensor:
        """x-vectors, float32 (rows, 512), to float32 (rows, hidden)."""
        return F.linear(F.normalize(vectors), self._weight, self._bias)


class Decoding(Protocol):
    """Utterances being decoded together. One that has stopped leaves the batch and costs nothing more."""

    @property
    def active(self) -> int:
        """Utterances still being decoded."""

    @property
    def attention_s(self) -> float:
        """Seconds that all steps so far spent in attention."""

    def steps(self, index: int) -> int:
        """Decoder steps that utterance `index` has taken."""

    def ended(self, index: int) -> bool:
        """Whether utterance `index` stopped by itself, rather than at its limit."""

    def finished(self, index: int) -> bool:
        """Whether utterance `index` takes no more steps."""

    def frames(self, index: int) -> Tensor:
        """The frames of utterance `index` so far, before the postnet; float32 (frames, mel bins)."""

    def advance(self, steps: int) -> None:
        """Take up to `steps` steps, fewer when every utterance ends before."""

    def hear(self, frames: Tensor) -> None:
        """Let the next step hear these frames, float32 (active utterances, mel bins), instead of those just made."""


class Decoder(Protocol):
    """Decoder weights, ready to run."""

    positions: Tensor
    """A row for each step that can be taken."""

    def start(self, prompts: Sequence[Prompt]) -> Decoding:
        """Utterances to be decoded together, none of them begun."""


class TorchDecoder:
    """The decoder's part of the folded weights, in the order the loop asks for them."""

    def __init__(self, weights: TurboWeights, linears: Mapping[str, Ready]) -> None:
        self.shape = weights.shape
        self.hidden = weights.hidden
        self.prenet = [linears[f"prenet.{index}"] for index in range(weights.shape.prenet_layers)]
        self.prenet_last = linears["prenet.last"]
        self.positions = weights.tensors["prenet.positions"]
        self.speaker = SpeakerTerm(weights)
        self.head = linears["head"]
        self.layers = [
            DecoderLayer(
                qkv=linears[f"{name}.qkv"],
                out=linears[f"{name}.out"],
                cross_q=linears[f"{name}.cross_q"],
                cross_out=linears[f"{name}.cross_out"],
                up=linears[f"{name}.up"],
                down=linears[f"{name}.down"],
                norm1=weights.norm(f"{name}.norm1"),
                norm2=weights.norm(f"{name}.norm2"),
                norm3=weights.norm(f"{name}.norm3"),
            )
            for name in (f"decoder.{index}" for index in range(weights.shape.decoder_layers))
        ]

    def start(self, prompts: Sequence[Prompt]) -> TorchDecoding:
        """Utterances to be decoded together, none of them begun."""
        return TorchDecoding(self, prompts)


class TorchDecoding:
    """`Decoding` by PyTorch's operators.

    Args:
        weights: the decoder's.
        prompts: at least one.
    """

    def __init__(self, weights: TorchDecoder, prompts: Sequence[Prompt]) -> None:
        shape, rows = weights.shape, len(prompts)
        self._w = weights
        self._prompts = list(prompts)
        self._size = weights.hidden // shape.heads
        self._step = 0
        self.attention_s = 0.0
        self._rows = list(range(rows))
        self._taken = [0] * rows
        self._ended = [False] * rows
        self._last = torch.zeros(rows, shape.mel_bins)
        self._spoken = weights.speaker(torch.stack([prompt.speaker for prompt in prompts]))
        longest = max(prompt.cross[0].shape[2] for prompt in prompts)
        self._cross = [
            torch.stack([_padded(prompt.cross[index], longest) for prompt in prompts], dim=1)
            for index in range(shape.decoder_layers)
        ]
        lengths = torch.tensor([prompt.cross[0].shape[2] for prompt in prompts])
        audible = torch.arange(longest) < lengths[:, None]
        self._audible = None if bool(audible.all()) else audible[:, None, None, :]
        capacity = min(FIRST_STEPS, self._most())
        self._cache = torch.empty(shape.decoder_layers, 2, rows, shape.heads, capacity, self._size)
        self._frames = torch.empty(rows, capacity, shape.reduction, shape.mel_bins)

    @property
    def active(self) -> int:
        """Utterances still being decoded."""
        return len(self._rows)

    def steps(self, index: int) -> int:
        """Decoder steps that utterance `index` has taken."""
        return self._taken[index]

    def ended(self, index: int) -> bool:
        """Whether utterance `index` stopped by itself, rather than at its limit."""
        return self._ended[index]

    def finished(self, index: int) -> bool:
        """Whether utterance `index` takes no more steps."""
        return index not in self._rows

    def frames(self, index: int) -> Tensor:
        """The frames of utterance `index` so far, before the postnet; float32 (frames, mel bins)."""
        return self._frames[index, : self._taken[index]].flatten(0, 1)

    def advance(self, steps: int) -> None:
        """Take up to `steps` steps, fewer when every utterance ends before."""
        target = self._step + steps
        while self._rows and self._step < target:
            self._block(min(target, self._most()))

    def hear(self, frames: Tensor) -> None:
        """Let the next step hear these frames, float32 (active utterances, mel bins), instead of those just made."""
        self._last = frames

    def _most(self) -> int:
        return max(self._prompts[row].limits.max_steps for row in self._rows)

    def _block(self, until: int) -> None:
        """Steps up to `until`, or to the first that ends an utterance."""
        self._reserve(until)
        first, count = self._step, len(self._rows)
        masks = torch.stack([self._prompts[row].masks.table(until)[first:until] for row in self._rows], dim=2)
        cache, audible = self._cache[:, :, :count], self._audible
        cross = [pair[:, :count] for pair in self._cross]
        order = torch.tensor(self._rows)
        for step in range(first, until):
            made, stop = self._one(step, masks[step - first], cache, cross, audible)
            self._frames[order, step] = made
            self._last = made[:, -1]
            self._step = step + 1
            gone = self._leaving(stop)
            if gone:
                self._remove(gone)
                return

    def _one(
        self, step: int, masks: Tensor, cache: Tensor, cross: list[Tensor], audible: Tensor | None
    ) -> tuple[Tensor, list[float]]:
        """One step of every row: frames, float32 (rows, reduction, mel bins), and summed stop probabilities."""
        w, shape, rows = self._w, self._w.shape, len(self._rows)
        width, eps, heads, size = (w.hidden,), shape.norm_eps, shape.heads, self._size
        act = F.gelu if shape.activation == "gelu" else F.relu
        hidden = self._last
        for layer, mask in zip(w.prenet, masks, strict=True):
            hidden = F.relu(layer(hidden)).mul_(mask)
        hidden = F.relu(w.prenet_last(hidden).add_(self._spoken[:rows]).add_(w.positions[step]))
        for index, (qkv, out, cross_q, cross_out, up, down, norm1, norm2, norm3) in enumerate(w.layers):
            parts = qkv(hidden).view(rows, 3, heads, 1, size)
            kept = cache[index]
            kept[:, :, :, step : step + 1] = parts[:, 1:].transpose(0, 1)
            begin = time.perf_counter()
            mixed = F.scaled_dot_product_attention(
                parts[:, 0], kept[0, :, :, : step + 1], kept[1, :, :, : step + 1]
            )
            self.attention_s += time.perf_counter() - begin
            hidden = F.layer_norm(out(mixed.view(rows, -1)).add_(hidden), width, *norm1, eps)
            key, value = cross[index]
            query = cross_q(hidden).view(rows, heads, 1, size)
            begin = time.perf_counter()
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=audible)
            self.attention_s += time.perf_counter() - begin
            hidden = F.layer_norm(cross_out(mixed.view(rows, -1)).add_(hidden), width, *norm2, eps)
            hidden = F.layer_norm(down(act(up(hidden))).add_(hidden), width, *norm3, eps)
        made = w.head(hidden)
        split = shape.reduction * shape.mel_bins
        stop: list[float] = torch.sigmoid(made[:, split:]).sum(-1).tolist()
        return made[:, :split].view(rows, shape.reduction, shape.mel_bins), stop

    def _leaving(self, stop: list[float]) -> list[int]:
        """Places in the batch of the utterances that end with this step."""
        gone = []
        for place, (row, probability) in enumerate(zip(self._rows, stop, strict=True)):
            limits = self._prompts[row].limits
            self._taken[row] = self._step
            at_limit = self._step >= limits.max_steps
            if at_limit or (self._step >= limits.min_steps and probability >= limits.threshold):
                self._ended[row] = not at_limit
                gone.append(place)
        return gone

    def _remove(self, places: list[int]) -> None:
        """Fill each freed place with the last row of the batch, so that the rest stays where it is."""
        for place in reversed(places):
            last = len(self._rows) - 1
            if place != last:
                self._rows[place] = self._rows[last]
                self._last[place] = self._last[last]
                self._spoken[place] = self._spoken[last]
                self._cache[:, :, place, :, : self._step] = self._cache[:, :, last, :, : self._step]
                for pair in self._cross:
                    pair[:, place] = pair[:, last]
                if self._audible is not None:
                    self._audible[place] = self._audible[last]
            self._rows.pop()
        self._last = self._last[: len(self._rows)]
        if self._audible is not None:
            self._audible = self._audible[: len(self._rows)]

    def _reserve(self, steps: int) -> None:
        held = self._cache.shape[4]
        if steps <= held:
            return
        capacity = min(max(steps, 2 * held), max(prompt.limits.max_steps for prompt in self._prompts))
        cache = self._cache.new_empty(*self._cache.shape[:4], capacity, self._size)
        cache[:, :, :, :, : self._step] = self._cache[:, :, :, :, : self._step]
        frames = self._frames.new_empty(self._frames.shape[0], capacity, *self._frames.shape[2:])
        frames[:, : self._step] = self._frames[:, : self._step]
        self._cache, self._frames = cache, frames


def _padded(pair: Tensor, longest: int) -> Tensor:
    return F.pad(pair, (0, 0, 0, longest - pair.shape[2]))
