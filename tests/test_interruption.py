"""Ctrl-C: an import cannot lose it, and the processes that a command started have nothing to say about it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.app_process import ROOT

LOSES_IT = """
import time
print("importing", flush=True)
try:
    time.sleep(2)
except BaseException:
    raise ImportError("not installed") from None
"""
"""What an extension module makes of an interruption."""

IMPORTS = """
import signal
import sys
import time
signal.signal(signal.SIGINT, signal.{before})
from speecht5_demo.interruption import heed_interruptions_after_imports
heed_interruptions_after_imports()
try:
    import loses_it
    time.sleep(0.5)
    print("went on", flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""

WORKS = """
import signal
import sys
from speecht5_demo.distributed import LocalProcesses
from tests.distributed.jobs import Doubles
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
print("ready", flush=True)
try:
    with LocalProcesses(jobs=2).start(Doubles()) as workers:
        while True:
            list(workers.do(range(100)))
except KeyboardInterrupt:
    sys.exit(130)
"""


def run(program: str, folder: Path) -> subprocess.Popen[str]:
    """In a group of its own, as a terminal has it."""
    path = os.pathsep.join([str(ROOT), str(folder)])
    return subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def said_after(process: subprocess.Popen[str], line: str, seconds: float, times: int = 1) -> str:
    """What all of its processes write after Ctrl-C, so often, so many seconds after that line."""
    assert process.stdout is not None
    assert process.stdout.readline() == line
    time.sleep(seconds)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    return process.communicate(timeout=60)[0]


@pytest.mark.parametrize(
    ("before", "ends", "said"), [("default_int_handler", 130, ""), ("SIG_IGN", 0, "went on\n")]
)
def test_an_import_does_not_lose_an_interruption_and_one_that_is_ignored_stays_so(
    tmp_path: Path, before: str, ends: int, said: str
) -> None:
    (tmp_path / "loses_it.py").write_text(LOSES_IT, encoding="utf-8")
    process = run(IMPORTS.format(before=before), tmp_path)
    assert said_after(process, "importing\n", 0.3, times=5) == said
    assert process.returncode == ends


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.3, 1.0, 3.0])
def test_processes_of_a_command_say_nothing_of_an_interruption(tmp_path: Path, seconds: float) -> None:
    process = run(WORKS, tmp_path)
    assert said_after(process, "ready\n", seconds) == ""
    assert process.returncode == 130
