"""Libraries are held to an instruction set only as long as is measured, and only to one that runs here."""

import os
import subprocess
import sys

import pytest

from speecht5_demo.benchmark.holding import environment, held_to
from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.synthesis.native.levels import LIMIT, X86, usable

LOWEST = usable()[-1].name if not isinstance(usable(), str) else ""


@pytest.mark.skipif(LOWEST not in [level.name for level in X86], reason="libraries are held on x86 only")
def test_processes_are_held_inside_and_not_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIMIT, raising=False)
    before = dict(os.environ)
    asked = "import torch; print(torch.backends.cpu.get_cpu_capability())"
    with held_to(LOWEST):
        assert os.environ[LIMIT] == LOWEST
        inside = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert inside.stdout.strip() == ("AVX2" if LOWEST.startswith("avx2") else "AVX512")
    assert dict(os.environ) == before
    with held_to(None):
        assert dict(os.environ) == before


def test_a_level_that_does_not_run_here_is_refused_with_those_that_do() -> None:
    with pytest.raises(BenchmarkError, match=f"it can be held to .*{LOWEST}"):
        environment("avx1024")
