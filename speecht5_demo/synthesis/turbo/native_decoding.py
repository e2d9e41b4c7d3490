"""The decoder loop in C++, with the interface of the one in PyTorch."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_void_p, cast

import torch
from torch import Tensor

from speecht5_demo.synthesis.native.kernels import ACTIVATIONS, CHUNK, PackedLinear, Row, Shape, pointers
from speecht5_demo.synthesis.turbo.decoding import Prompt, SpeakerTerm
from speecht5_demo.variants.turbo import TurboWeights

_PARTS = ("qkv", "out", "cross_q", "cross_out", "up", "down")


def read_at_every_step(name: str) -> bool:
    """Whether a linear layer is one of the decoder's large ones, whose weights a step waits for."""
    return name.startswith("decoder.") and name.endswith(tuple(f".{part}" for part in _PARTS))


class NativeDecoder:
    """The decoder's part of the folded weights, packed."""

    def __init__(self, native: ctypes.CDLL, weights: TurboWeights, linears: dict[str, PackedLinear]) -> None:
        shape = weights.shape
        self.native = native
        self.shape = shape
        self.size = weights.hidden // shape.heads
        self.speaker = SpeakerTerm(weights)
        self.stored = torch.float16 if weights.quantized else torch.float32
        """Of keys and values; 16 bits where 8-bit weights err by far more."""
        self.positions = weights.tensors["prenet.positions"]
        names = [*(f"prenet.{index}" for index in range(shape.prenet_layers)), "prenet.last", "head"]
        names += [f"decoder.{index}.{part}" for index in range(shape.decoder_layers) for part in _PARTS]
        norms = [
            tensor
            for index in range(shape.decoder_layers)
            for number in (1, 2, 3)
            for tensor in weights.norm(f"decoder.{index}.norm{number}")
        ]
        layout = Shape(
            layers=shape.decoder_layers,
            heads=shape.heads,
            size=self.size,
            prenet_layers=shape.prenet_layers,
            prenet_units=shape.prenet_units,
            mel_bins=shape.mel_bins,
            reduction=shape.reduction,
            activation=ACTIVATIONS[shape.activation],
            threads=1,
            half=int(weights.quantized),
            eps=shape.norm_eps,
        )
        self._kept = [linears[name] for name in names], norms, self.positions
        handles = (c_void_p * len(names))(*(linears[name].handle for name in names))
        self.handle: int = native.decoder_new(layout, handles, pointers(norms), self.positions.data_ptr())

    @staticmethod
    def fits(weights: TurboWeights) -> bool:
        """Whether the library's vectors divide the model's widths."""
        shape, size = weights.shape, weights.hidden // weights.shape.heads
        inner = [weights.linears[name].inputs for name in ("encoder.0.down", "decoder.0.down")]
        widths = (size, weights.hidden, shape.mel_bins, shape.prenet_units, *inner)
        return size <= 128 and all(width % 16 == 0 for width in widths)

    def start(self, prompts: Sequence[Prompt]) -> NativeDecoding:
        """Utterances to be decoded together, none of them begun."""
        return NativeDecoding(self, prompts)

    def __del__(self) -> None:
        if hasattr(self, "handle"):
            self.native.decoder_free(self.handle)


class _Utterance:
    """One row's memory: chunks of the cache are added as it grows and never copied."""

    def __init__(self, decoder: NativeDecoder, prompt: Prompt) -> None:
        shape, self._size = decoder.shape, decoder.size
        self._shape, self._stored = shape, decoder.stored
        self.prompt = prompt
        self.steps = 0
        self.ended = False
        tokens = prompt.cross[0].shape[2]
        keys, values = _laid_out(prompt.cross, decoder.stored)
        padded = values.shape[2]
        spoken = decoder.speaker(prompt.speaker[None]).contiguous()
        self.last = torch.zeros(shape.mel_bins)
        self.frames = torch.empty(0, shape.reduction, shape.mel_bins)
        self._chunks: list[tuple[Tensor, ...]] = []
        self._kept = keys, values, spoken
        limits = prompt.limits
        self.row = Row(
            cross_keys=keys.data_ptr(),
            cross_values=values.data_ptr(),
            spoken=spoken.data_ptr(),
            last=self.last.data_ptr(),
            padded=padded,
            tokens=tokens,
            min_steps=limits.min_steps,
            max_steps=limits.max_steps,
            threshold=limits.threshold,
        )

    def reserve(self, first: int, until: int) -> tuple[object, ...]:
        """Space for steps `first` to `until`; what is returned has to live while they run."""
        shape = self._shape
        while len(self._chunks) * CHUNK < until:
            count = shape.decoder_layers * shape.heads * CHUNK * self._size
            self._chunks.append(tuple(torch.zeros(count, dtype=self._stored) for _ in range(2)))
        if self.frames.shape[0] < until:
            frames = torch.empty(len(self._chunks) * CHUNK, shape.reduction, shape.mel_bins)
            frames[:first] = self.frames[:first]
            self.frames = frames
        masks = self.prompt.masks.table(until)[first:until].contiguous()
        keys, values = (pointers([chunk[side] for chunk in self._chunks]) for side in (0, 1))
        self.row.keys = cast(keys, type(self.row.keys))
        self.row.values = cast(values, type(self.row.values))
        self.row.masks = masks.data_ptr()
        self.row.frames = self.frames.data_ptr()
        return keys, values, masks


def _laid_out(cross: Sequence[Tensor], stored: torch.dtype) -> tuple[Tensor, Tensor]:
    """Keys, (layers, heads, padded / 16, size, 16), and values, (layers, heads, padded, size), of a text's tokens."""
    _, heads, tokens, size = cross[0].shape
    blocks, whole = -(-tokens // 16), tokens // 16
    keys = torch.zeros(len(cross), heads, blocks, size, 16, dtype=stored)
    values = torch.zeros(len(cross), heads, blocks * 16, size, dtype=stored)
    for index, (key, value) in enumerate(cross):
        values[index, :, :tokens] = value
        rows = keys[index].transpose(2, 3)
        rows[:, :whole] = key[:, : whole * 16].unflatten(1, (whole, 16))
        rows[:, whole:, : tokens % 16] = key[:, None, whole * 16 :]
    return keys, values


class NativeDecoding:
    """`Decoding`, run by the library."""

    def __init__(self, decoder: NativeDecoder, prompts: Sequence[Prompt]) -> None:
        self._decoder = decoder
        self._utterances = [_Utterance(decoder, prompt) for prompt in prompts]
        self._rows = list(range(len(prompts)))
        self._step = 0
        self._attention_s = ctypes.c_double(0.0)

    @property
    def attention_s(self) -> float:
        """Seconds in attention so far."""
        return self._attention_s.value

    @property
    def active(self) -> int:
        """Utterances still being decoded."""
        return len(self._rows)

    def steps(self, index: int) -> int:
        """Decoder steps that utterance `index` has taken."""
        return self._utterances[index].steps

    def ended(self, index: int) -> bool:
        """Whether utterance `index` stopped by itself, rather than at its limit."""
        return self._utterances[index].ended

    def finished(self, index: int) -> bool:
        """Whether utterance `index` takes no more steps."""
        return index not in self._rows

    def frames(self, index: int) -> Tensor:
        """The frames of utterance `index` so far, before the postnet; float32 (frames, mel bins)."""
        utterance = self._utterances[index]
        return utterance.frames[: utterance.steps].flatten(0, 1)

    def advance(self, steps: int) -> None:
        """Take up to `steps` steps, fewer when every utterance ends before."""
        target = self._step + steps
        while self._rows and self._step < target:
            active = [self._utterances[row] for row in self._rows]
            most = max(utterance.prompt.limits.max_steps for utterance in active)
            self._run(active, min(target, most))

    def hear(self, frames: Tensor) -> None:
        """Let the next step hear these frames, float32 (active utterances, mel bins), instead of those just made."""
        for row, frame in zip(self._rows, frames, strict=True):
            self._utterances[row].last.copy_(frame)

    def _run(self, active: list[_Utterance], until: int) -> None:
        kept = [utterance.reserve(self._step, until) for utterance in active]
        rows = (Row * len(active))(*(utterance.row for utterance in active))
        reached = self._decoder.native.decoder_run(
            *(self._decoder.handle, rows, len(active), self._step, until, torch.get_num_threads()),
            self._attention_s,
        )
        del kept
        self._step = reached
        for utterance, row in zip(active, rows, strict=True):
            utterance.steps, utterance.ended = reached, bool(row.ended)
        self._rows = [
            index
            for index, utterance in zip(self._rows, active, strict=True)
            if not utterance.ended and reached < utterance.prompt.limits.max_steps
        ]
