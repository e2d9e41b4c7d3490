"""Instruction sets that the library is built for, and which of them this processor runs."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass

from speecht5_demo.machine import cpu_features

LIMIT = "SPEECHT5_DEMO_KERNELS"
"""Environment variable: the fastest level that may be used."""


@dataclass(frozen=True)
class Level:
    """One instruction set.

    Attributes:
        name: as `SPEECHT5_DEMO_KERNELS` names it.
        needs: CPU features, as Linux names them.
        flags: with which the compiler makes use of them.
    """

    name: str
    needs: tuple[str, ...]
    flags: tuple[str, ...]


def _x86(name: str, *features: str) -> Level:
    """A level of features whose compiler flags are their names."""
    return Level(name, features, tuple(f"-m{feature.replace('_', '')}" for feature in features))


_AVX2 = ("avx2", "fma", "f16c")
_AVX512 = ("avx512f", "avx512bw", "avx512dq", "avx512vl", "fma", "f16c")
_TILES = ("avx512_bf16", "amx_tile", "amx_int8", "amx_bf16")
X86 = (
    Level(
        "amx",
        (*_AVX512, "avx512_vnni", *_TILES),
        (
            *(f"-m{feature}" for feature in _AVX512),
            *("-mavx512vnni", "-mavx512bf16", "-mamx-tile", "-mamx-int8", "-mamx-bf16"),
        ),
    ),
    _x86("avx512-vnni", *_AVX512, "avx512_vnni"),
    _x86("avx512", *_AVX512),
    _x86("avx-vnni", *_AVX2, "avx_vnni"),
    _x86("avx2", *_AVX2),
)
ARM = (
    Level("neon-i8mm", ("asimddp", "i8mm"), ("-march=armv8.2-a+dotprod+i8mm",)),
    Level("neon-dotprod", ("asimddp",), ("-march=armv8.2-a+dotprod",)),
)
"""Fastest first."""


def family() -> tuple[Level, ...]:
    """The levels of this kind of processor, fastest first."""
    machine = platform.machine().lower()
    if machine in ("x86_64", "amd64"):
        return X86
    return ARM if machine in ("aarch64", "arm64") else ()


def usable() -> list[Level] | str:
    """The levels that may run here, fastest first; or why PyTorch's kernels run instead, to follow a colon."""
    if sys.platform == "win32":
        return "on Windows they are not built; run the demo under WSL (wsl --install) with g++ to have them"
    levels, limit = family(), os.environ.get(LIMIT, "").strip()
    if not levels:
        return f"there are none for {platform.machine()} processors"
    names = [level.name for level in levels]
    if limit and limit not in names:
        return f"{LIMIT} is {limit}, and this kind of processor has {', '.join(names)}"
    features = cpu_features()
    allowed = levels[names.index(limit) :] if limit else levels
    found = [level for level in allowed if features.issuperset(level.needs)]
    if found and found[0].name == "amx" and not _tiles_granted():
        found = found[1:]
    if found:
        return found
    return f"this CPU lacks {', '.join(need for need in allowed[-1].needs if need not in features)}"


def _tiles_granted() -> bool:
    """Whether the system lets this process use the tile unit's memory (arch_prctl, ARCH_REQ_XCOMP_PERM, tile data)."""
    granted: int = ctypes.CDLL(None).syscall(158, 0x1023, 18)
    return granted == 0
