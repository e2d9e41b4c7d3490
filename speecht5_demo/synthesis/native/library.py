"""The shared library: compiled from the sources beside this file, kept in the user's cache, loaded once."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = ("decoder.cpp", "encoder.cpp", "postnet.cpp", "vocoder.cpp")
HEADERS = (
    *(
        "amx.hpp",
        "attention.hpp",
        "convolution.hpp",
        "convolution_kernels.hpp",
        "finish.hpp",
        "linear.hpp",
        "linear_tiles.hpp",
        "products.hpp",
        "simd.hpp",
        "slab.hpp",
        "text_attention.hpp",
    ),
)
CPU_FEATURES = ("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "fma", "f16c")
FLAGS = (
    *("-O3", "-std=c++17", "-fPIC", "-pthread", "-mfma", "-mf16c"),
    *("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni"),
)
SWITCH = "SPEECHT5_DEMO_NATIVE"
"""Environment variable; 0 keeps to PyTorch's kernels."""
COMPILE_LIMIT_S = 180


class _Unavailable(Exception):
    """Why the library cannot be had; the text completes "runs on PyTorch's kernels: ..."."""


def unavailable() -> str | None:
    """Why the native loop cannot run here, or None where it can. Compiles it when that is still to be done."""
    outcome = _outcome()
    return outcome if isinstance(outcome, str) else None


def library() -> ctypes.CDLL | None:
    """The loaded library, or None where `unavailable` says why not."""
    outcome = _outcome()
    return None if isinstance(outcome, str) else outcome


@functools.cache
def _outcome() -> ctypes.CDLL | str:
    if os.environ.get(SWITCH) == "0":
        return f"{SWITCH} is 0"
    lacking = [feature for feature in CPU_FEATURES if feature not in _cpu_flags()]
    if lacking:
        return f"this CPU lacks {', '.join(lacking)}"
    try:
        return ctypes.CDLL(str(_compiled()))
    except (_Unavailable, OSError) as error:
        return str(error)


def _cpu_flags() -> set[str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def _compiled() -> Path:
    """The library's file, made if it is not there."""
    here = Path(__file__).parent
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for name in (*SOURCES, *HEADERS):
        digest.update((here / name).read_bytes())
    target = _cache() / f"turbo-{digest.hexdigest()[:16]}.so"
    if target.exists():
        return target
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX") or "g++", "c++", "clang++"))), None)
    if compiler is None:
        raise _Unavailable("there is no C++ compiler (g++) to build the faster ones with")
    # Compiled aside and renamed: another process may be loading or compiling the same file.
    with (
        tempfile.TemporaryDirectory(dir=target.parent) as aside,
        ThreadPoolExecutor(os.cpu_count()) as side_by_side,
    ):

        def compile_one(source: str) -> str:
            made = str(Path(aside) / f"{source}.o")
            _run_compiler([compiler, *FLAGS, "-c", "-o", made, str(here / source)])
            return made

        objects = list(side_by_side.map(compile_one, SOURCES))
        linked = Path(aside) / target.name
        _run_compiler([compiler, *FLAGS, "-shared", "-o", str(linked), *objects])
        linked.replace(target)
    return target


def _run_compiler(command: list[str]) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise _Unavailable(f"{name} took longer than {COMPILE_LIMIT_S} s") from error
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "error" in line), "unknown error")
        raise _Unavailable(f"{name} could not build the faster ones ({reason})")


def _cache() -> Path:
    """A folder to keep the library in: the user's cache, or a private temporary one where that is not writable."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "speecht5-demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="speecht5-demo-"))
