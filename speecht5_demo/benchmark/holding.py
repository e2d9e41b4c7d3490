"""Measuring here what a processor of fewer instructions would do; `python -m ... avx2 COMMAND...` runs any command so.

Where the processor lets its instruction cpuid be answered by a program (Linux on x86-64), no library of a held process
learns of more than the level has. Elsewhere the libraries that can be told are held. A program whose own sandbox
forbids the call that asks for it, arch_prctl, cannot be held: Firefox does not start.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.errors import DemoError
from speecht5_demo.files import whole_file
from speecht5_demo.synthesis.native.levels import LIMIT, usable
from speecht5_demo.synthesis.native.library import CompilerError, cache, find_compiler, run_compiler

_LIBRARIES = {
    "avx2": ("avx2", "AVX2", "AVX2"),
    "avx-vnni": ("avx2", "AVX2_VNNI", "AVX2"),
    "avx512": ("avx512", "AVX512_CORE", "AVX512"),
    "avx512-vnni": ("avx512", "AVX512_CORE_VNNI", "AVX512_E1"),
}
"""By level: what PyTorch's own operators, oneDNN (also OpenVINO's) and MKL may use."""

_AVX512 = frozenset({"avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"})
_KEPT = {
    "avx2": frozenset[str](),
    "avx-vnni": frozenset({"avx_vnni"}),
    "avx512": _AVX512,
    "avx512-vnni": _AVX512 | {"avx512_vnni"},
}
"""By level: features above AVX2 that a processor of its kind has at least."""

_BITS: dict[tuple[int, str], dict[str, int]] = {
    (0, "ebx"): {
        "avx512f": 16, "avx512dq": 17, "avx512ifma": 21, "avx512pf": 26, "avx512er": 27, "avx512cd": 28,
        "avx512bw": 30, "avx512vl": 31,
    },
    (0, "ecx"): {
        "avx512_vbmi": 1, "avx512_vbmi2": 6, "avx512_vnni": 11, "avx512_bitalg": 12, "avx512_vpopcntdq": 14,
    },
    (0, "edx"): {
        "avx512_4vnniw": 2, "avx512_4fmaps": 3, "avx512_vp2intersect": 8, "amx_bf16": 22, "avx512_fp16": 23,
        "amx_tile": 24, "amx_int8": 25,
    },
    (1, "eax"): {"avx_vnni": 4, "avx512_bf16": 5, "amx_fp16": 21, "avx_ifma": 23},
    (1, "edx"): {"avx_vnni_int8": 4, "avx_ne_convert": 5, "amx_complex": 8, "avx_vnni_int16": 10, "avx10": 19},
}  # fmt: skip
"""Sub-leaf of cpuid's leaf 7, and register -> feature -> bit (Intel, Software Developer's Manual, volume 2, CPUID)."""

_SOURCE = Path(__file__).with_name("cpuid.cpp")
_HIDDEN = "SPEECHT5_DEMO_CPUID"
_PROBE = "import ctypes, sys; sys.exit(not ctypes.CDLL(sys.argv[1]).features_are_hidden())"

NOT_HELD = "PyTorch's dynamic int8 layers and onnxruntime cannot be held and use what the processor has"


def variables(level: str | None) -> dict[str, str]:
    """The environment variables that hold a process to a level of our kernels' names; None holds to nothing.

    Raises:
        BenchmarkError: this processor does not run the level, or nothing can be held to it.
    """
    if not level:
        return {}
    found = usable()
    here = [] if isinstance(found, str) else [one.name for one in found if one.name in _LIBRARIES]
    if level not in here:
        raise BenchmarkError(
            f"Nothing can be held to {level} on this processor; it can be held to {', '.join(here) or 'no level'}."
        )
    whole = _of_processor(level)
    if whole:
        return {LIMIT: level, **whole}
    operators, onednn, mkl = _LIBRARIES[level]
    return {
        LIMIT: level,
        "ATEN_CPU_CAPABILITY": operators,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "MKL_ENABLE_INSTRUCTIONS": mkl,
    }


def holds_every_library(environment: dict[str, str]) -> bool:
    """Whether the `variables` hold whatever a process loads."""
    return _HIDDEN in environment


def _of_processor(level: str) -> dict[str, str]:
    """What hides all above the level from whoever asks the processor; nothing where that cannot be done."""
    compiler = find_compiler()
    if not sys.platform.startswith("linux") or compiler is None:
        return {}
    target = cache() / f"cpuid-{hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]}.so"
    if not target.exists():
        try:
            with whole_file(target) as aside:
                run_compiler([compiler, "-O1", "-fPIC", "-shared", "-o", str(aside), str(_SOURCE)])
        except CompilerError:
            return {}
    preloaded = ":".join(filter(None, (str(target), os.environ.get("LD_PRELOAD"))))
    held = {"LD_PRELOAD": preloaded, _HIDDEN: _masks(level)}
    probe = [sys.executable, "-c", _PROBE, str(target)]
    done = subprocess.run(probe, env={**os.environ, **held}, capture_output=True, check=False)
    return {} if done.returncode else held


def _masks(level: str) -> str:
    """Hexadecimal bits to hide of eax, ebx, ecx and edx, for both sub-leaves."""
    return " ".join(
        f"{sum(1 << bit for name, bit in _BITS.get((leaf, register), {}).items() if name not in _KEPT[level]):x}"
        for leaf in (0, 1)
        for register in ("eax", "ebx", "ecx", "edx")
    )


def main() -> None:
    """Become the command, held to the level before it."""
    if len(sys.argv) < 3:
        sys.exit("usage: python -m speecht5_demo.benchmark.holding LEVEL COMMAND...")
    level, *command = sys.argv[1:]
    try:
        os.execvpe(command[0], command, {**os.environ, **variables(level)})
    except DemoError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
