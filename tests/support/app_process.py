"""`python app.py` in a process of its own, without half a minute of imports for each.

A fork server imports Gradio, PyTorch and the pages once; every served app is a copy of it that then runs app.py
from its first line, in an environment and with an output of its own.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start_app(log: Path, environment: Mapping[str, str]) -> BaseProcess:
    """`python app.py` at the root of the repository, with these settings beside our own and its output in `log`."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["speecht5_demo.ui.app"])
    _start_fork_server()
    process = context.Process(target=_run_app, args=(log, {**os.environ, **environment}), daemon=True)
    process.start()
    return process


def _start_fork_server() -> None:
    """One thread: OpenMP asks once, when it is loaded."""
    ours = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        ensure_running()
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if ours is not None:
            os.environ["OMP_NUM_THREADS"] = ours


def _run_app(log: Path, environment: dict[str, str]) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
        stream.reconfigure(line_buffering=True)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["app.py"]
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
