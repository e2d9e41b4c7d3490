"""The dropout that SpeechT5 keeps on while it speaks, made a function of a seed.

The decoder prenet drops units at inference too (Tacotron 2, arXiv 1712.05884, section 2.2), and transformers draws
them from the global generator: two runs differ, and two threads interleave. Here every run owns its generator and
frame `t` always gets the same mask for the same seed, whatever the length, the engine or the variant. So variants
are compared under paired randomness, and a batch equals its sentences one by one.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

_BLOCK = 64


def mask_seed(seed: int, spoken_text: str, speaker: str, piece: int = 0) -> int:
    """The seed of one piece of one sentence by one speaker; the variant plays no part in it, on purpose."""
    key = f"{seed}\x1f{speaker}\x1f{piece}\x1f{spoken_text}".encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 1


class DropoutMasks:
    """Frame-indexed dropout masks of the decoder prenet.

    Args:
        seed: non-negative; equal seeds give equal masks.
        layers: dropout layers of the prenet (2 in SpeechT5).
        units: width of each.
        p: the checkpoint's `speech_decoder_prenet_dropout`. transformers *keeps* a unit with probability p and scales
            by 1 / (1 - p), which is ordinary dropout only at p = 0.5; both are kept as they are.
    """

    def __init__(self, seed: int, layers: int, units: int, p: float) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._shape = (_BLOCK, layers, units)
        self._p = p
        self._table = torch.empty(0, layers, units)

    def table(self, steps: int) -> Tensor:
        """Masks of the first `steps` decoder steps, already scaled; float32, shape (steps, layers, units)."""
        while self._table.shape[0] < steps:
            kept = torch.rand(self._shape, generator=self._generator) < self._p
            self._table = torch.cat([self._table, kept.float() / (1.0 - self._p)])
        return self._table[:steps]
