"""Which arithmetic this processor is fast in."""

from __future__ import annotations

import functools

import torch

from speecht5_demo.machine import cpu_vendor

_INTEL = "GenuineIntel"


@functools.cache
def bf16_pays() -> bool:
    """Whether PyTorch's operators multiply bfloat16 faster than float32 on this CPU."""
    tiles, vectors = torch.cpu._is_amx_tile_supported(), torch.cpu._is_avx512_bf16_supported()
    return bf16_pays_on(bool(tiles), bool(vectors), cpu_vendor())


def bf16_pays_on(tiles: bool, vectors: bool, vendor: str) -> bool:
    """Whether bfloat16 is the faster of the two on a CPU with that tile unit (AMX) and those AVX-512 products.

    Intel's AVX-512 takes longer for bfloat16 than for float32; without either unit bfloat16 is emulated.
    """
    return tiles or (vectors and vendor != _INTEL)
