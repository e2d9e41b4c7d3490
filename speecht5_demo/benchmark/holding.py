"""Measuring here what a processor of fewer instructions would do: every library that can be told is held to a level."""

from __future__ import annotations

from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.synthesis.native.levels import LIMIT, usable

_LIBRARIES = {
    "avx2": ("avx2", "AVX2", "AVX2"),
    "avx-vnni": ("avx2", "AVX2_VNNI", "AVX2"),
    "avx512": ("avx512", "AVX512_CORE", "AVX512"),
    "avx512-vnni": ("avx512", "AVX512_CORE_VNNI", "AVX512_E1"),
}
"""By level: what PyTorch's own operators, oneDNN (also OpenVINO's) and MKL may use."""

NOT_HELD = "PyTorch's dynamic int8 layers and onnxruntime cannot be held and use what the processor has"


def variables(level: str | None) -> dict[str, str]:
    """The environment variables that hold a process to a level of our kernels' names; None holds to nothing.

    Raises:
        BenchmarkError: this processor does not run the level, or libraries cannot be held to it.
    """
    if not level:
        return {}
    found = usable()
    here = [] if isinstance(found, str) else [one.name for one in found if one.name in _LIBRARIES]
    if level not in here:
        raise BenchmarkError(
            f"Nothing can be held to {level} on this processor; it can be held to {', '.join(here) or 'no level'}."
        )
    operators, onednn, mkl = _LIBRARIES[level]
    return {
        LIMIT: level,
        "ATEN_CPU_CAPABILITY": operators,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "MKL_ENABLE_INSTRUCTIONS": mkl,
    }
