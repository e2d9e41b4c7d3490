"""Processes are held to an instruction set only as long as is measured, and only to one that runs here."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from speecht5_demo.benchmark import holding
from speecht5_demo.benchmark.holding import holds_every_library, variables
from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.distributed.local import environment_of_children
from speecht5_demo.machine import cpu_features
from speecht5_demo.synthesis.native import levels
from speecht5_demo.synthesis.native.levels import LIMIT, X86

TOLD = """
import json, subprocess, sys, threading
from numpy._core._multiarray_umath import __cpu_features__ as told
answers = [told]
if len(sys.argv) == 1:
    again = [sys.executable, __file__, "child"]
    thread = threading.Thread(target=lambda: answers.extend(json.loads(subprocess.check_output(again))))
    thread.start()
    thread.join()
print(json.dumps(answers))
"""
"""What NumPy learns of the processor, and a NumPy of another process that a thread starts."""


@pytest.fixture
def _a_processor_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed to processes does not depend on the processor that the tests have."""
    monkeypatch.delenv(LIMIT, raising=False)
    monkeypatch.setattr(levels.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(
        levels, "cpu_features", lambda: frozenset(need for level in X86 for need in level.needs)
    )
    monkeypatch.setattr(levels, "_tiles_granted", lambda: True)


@pytest.mark.usefixtures("_a_processor_with_everything")
def test_libraries_are_held_inside_and_not_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "find_compiler", lambda: None)
    before = dict(os.environ)
    asked = "import os; print(os.environ['ATEN_CPU_CAPABILITY'], os.environ['SPEECHT5_DEMO_KERNELS'])"
    held = variables("avx2")
    with environment_of_children(held):
        inside = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert not holds_every_library(held)
    assert inside.stdout.split() == ["avx2", "avx2"]
    assert dict(os.environ) == before
    assert variables(None) == {}


@pytest.mark.parametrize("level", ["avx512-vnni", "avx512", "avx-vnni", "avx2"])
def test_a_processor_that_can_be_held_tells_no_library_of_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, level: str
) -> None:
    monkeypatch.delenv(LIMIT, raising=False)
    found = levels.usable()
    if isinstance(found, str) or level not in {one.name for one in found}:
        with pytest.raises(BenchmarkError, match="Nothing can be held"):
            variables(level)
        return
    held = variables(level)
    assert holds_every_library(held) == ("cpuid_fault" in cpu_features())
    asking = tmp_path / "asking.py"
    asking.write_text(TOLD)
    with environment_of_children(held):
        told = json.loads(subprocess.check_output([sys.executable, str(asking)]))
    assert len(told) == 2
    if holds_every_library(held):
        for each in told:
            assert each["AVX2"]
            assert each["AVX512F"] == level.startswith("avx512")
            assert not each["AVX512_ICL"]


@pytest.mark.usefixtures("_a_processor_with_everything")
@pytest.mark.parametrize("level", ["avx1024", "amx", "neon-i8mm"])
def test_a_level_that_nothing_can_be_held_to_is_refused_with_those_that_can(level: str) -> None:
    with pytest.raises(BenchmarkError, match="it can be held to avx512-vnni, avx512, avx-vnni, avx2"):
        variables(level)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: "),
        (("avx2",), "usage: "),
        (("avx1024", "true"), "error: Nothing can be held to avx1024 on this processor"),
        (
            ("avx2", "no-such-command"),
            "no-such-command cannot be run: No such file or directory|Nothing can be held to avx2",
        ),
    ],
)
def test_what_cannot_be_run_held_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["holding", *arguments])
    with pytest.raises(SystemExit, match=said) as ended:
        holding.main()
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("import ctypes; ctypes.string_at(8)", ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", ""),
        ("import ctypes, faulthandler; faulthandler.enable(); ctypes.string_at(8)", "Segmentation fault"),
    ],
)
def test_a_held_program_ends_by_a_fault_of_its_own(
    monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    monkeypatch.delenv(LIMIT, raising=False)
    found = levels.usable()
    held = {} if isinstance(found, str) or found[-1].name != "avx2" else variables("avx2")
    with environment_of_children(held):
        done = subprocess.run([sys.executable, "-c", fault], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert said in done.stderr
