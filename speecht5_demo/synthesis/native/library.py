"""The shared library: compiled from the sources beside this file, kept in the user's cache, loaded once."""

from __future__ import annotations

import atexit
import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from speecht5_demo.synthesis.native.levels import Level, usable
from speecht5_demo.user_cache import cache_folder

HERE = Path(__file__).parent
FLAGS = ("-O3", "-std=c++17", "-fPIC", "-pthread", "-Wno-psabi", "-ffp-contract=fast")
"""Contracted: a product and a sum are one instruction, with one rounding. GCC's default, not clang's."""
SWITCH = "SPEECHT5_DEMO_NATIVE"
"""Environment variable; 0 keeps to PyTorch's kernels."""
COMPILE_LIMIT_S = 180


class CompilerError(Exception):
    """Why something cannot be compiled; the text completes "runs on PyTorch's kernels: ..."."""


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
    levels = usable()
    if isinstance(levels, str):
        return levels
    try:
        return ctypes.CDLL(str(_compiled(levels)))
    except (CompilerError, OSError) as error:
        return str(error)


def sources() -> list[Path]:
    """What the library is compiled from."""
    return sorted(HERE.glob("*.cpp"))


def _compiled(levels: list[Level]) -> Path:
    """The library's file for the first level that the compiler knows, made if it is not there."""
    made = [kept(level) for level in levels]
    if made[0].exists():
        return made[0]
    compiler = find_compiler()
    if compiler is None:
        raise CompilerError(f"there is no C++ compiler; install one ({_how_to_install()}) and start again")
    for level, target in zip(levels, made, strict=True):
        if target.exists():
            return target
        if level is levels[-1] or _knows(compiler, level):
            build(compiler, level, target)
            return target
    raise AssertionError("the last level is built or its error is raised")


def find_compiler() -> str | None:
    """A C++ compiler, if there is one; CXX names another."""
    return next(filter(None, map(shutil.which, (os.environ.get("CXX") or "g++", "c++", "clang++"))), None)


def kept(level: Level) -> Path:
    """Where the library of a level is kept; another for other sources."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sorted(HERE.glob("*.?pp")):
        digest.update(path.read_bytes())
    return cache() / f"turbo-{digest.hexdigest()[:16]}-{level.name}.so"


def build(compiler: str, level: Level, target: Path) -> None:
    """Compile the library. Aside and renamed: another process may be loading or compiling the same file."""
    print(f"Compiling the faster kernels for {level.name} once, in about 10 s.", file=sys.stderr, flush=True)
    with (
        tempfile.TemporaryDirectory(dir=target.parent) as aside,
        ThreadPoolExecutor(os.cpu_count()) as side_by_side,
    ):

        def compile_one(source: Path) -> str:
            made = str(Path(aside) / f"{source.name}.o")
            run_compiler([compiler, *FLAGS, *level.flags, "-c", "-o", made, str(source)])
            return made

        objects = list(side_by_side.map(compile_one, sources()))
        linked = Path(aside) / target.name
        run_compiler([compiler, *FLAGS, *level.flags, "-shared", "-o", str(linked), *objects])
        linked.replace(target)


def _knows(compiler: str, level: Level) -> bool:
    """Whether the compiler has the level's flags; old ones lack the newest instructions."""
    command = [compiler, *level.flags, "-fsyntax-only", "-x", "c++", os.devnull]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _how_to_install() -> str:
    if sys.platform == "darwin":
        return "xcode-select --install"
    return "on Debian and Ubuntu: apt-get install g++; in a Space: a line g++ in packages.txt"


def run_compiler(command: list[str]) -> None:
    """Run it.

    Raises:
        CompilerError: it failed, or took too long.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise CompilerError(f"{name} took longer than {COMPILE_LIMIT_S} s") from error
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if "error" in line), "unknown error")
        raise CompilerError(f"{name} could not build the faster ones ({reason})")


def cache() -> Path:
    """A folder to keep the library in: the user's cache, or a private temporary one where that is not writable."""
    return _writable(cache_folder())


@functools.cache
def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        print(
            f"The faster kernels are not kept, and compiled again at every start: {folder} cannot be written "
            f"({error.strerror}). Let XDG_CACHE_HOME name a folder that can.",
            file=sys.stderr,
            flush=True,
        )
        instead = tempfile.mkdtemp(prefix="speecht5-demo-")
        atexit.register(shutil.rmtree, instead, ignore_errors=True)
        return Path(instead)
