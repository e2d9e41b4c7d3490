"""Libraries are held to an instruction set only as long as is measured, and only to one that runs here."""

import os
import subprocess
import sys

import pytest

from speecht5_demo.benchmark.holding import variables
from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.distributed.local import environment_of_children
from speecht5_demo.synthesis.native import levels
from speecht5_demo.synthesis.native.levels import LIMIT, X86


@pytest.fixture(autouse=True)
def _a_processor_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed to processes does not depend on the processor that the tests have."""
    monkeypatch.delenv(LIMIT, raising=False)
    monkeypatch.setattr(levels.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(
        levels, "cpu_features", lambda: frozenset(need for level in X86 for need in level.needs)
    )
    monkeypatch.setattr(levels, "_tiles_granted", lambda: True)


def test_processes_are_held_inside_and_not_afterwards() -> None:
    before = dict(os.environ)
    asked = "import os; print(os.environ['ATEN_CPU_CAPABILITY'], os.environ['SPEECHT5_DEMO_KERNELS'])"
    with environment_of_children(variables("avx2")):
        inside = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert inside.stdout.split() == ["avx2", "avx2"]
    assert dict(os.environ) == before
    assert variables(None) == {}


@pytest.mark.parametrize("level", ["avx1024", "amx", "neon-i8mm"])
def test_a_level_that_nothing_can_be_held_to_is_refused_with_those_that_can(level: str) -> None:
    with pytest.raises(BenchmarkError, match="it can be held to avx512-vnni, avx512, avx-vnni, avx2"):
        variables(level)
