"""`python app.py` in a process of its own, without half a minute of imports for each.

A warm process, which has imported Gradio, PyTorch and the pages, waits beside the tests. Every served app is a copy of
it that runs app.py from its first line, in an environment and with an output of its own. The warm process is itself a
copy of the one that collects the tests, made before the first of them runs, for collecting imports the same.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import logging
import os
import runpy
import select
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

import torch

from tests.support import slow_voice

ROOT = Path(__file__).resolve().parents[2]
NEEDED = "speecht5_demo.ui.app"


@dataclass(frozen=True)
class AppProcess:
    """A running app, which is no child of ours.

    Attributes:
        pid: of it.
        handle: of the process itself, whatever becomes of its number.
    """

    pid: int
    handle: int

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self.join(0)

    def join(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        return bool(select.select([self.handle], [], [], seconds)[0])

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)


class WarmProcess:
    """What served apps are copies of; it ends, and they with it, when this process does."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if os.fork() == 0:
            ours.close()
            _then_exit(partial(_serve, theirs))
        theirs.close()
        self._line = ours

    def start_app(self, log: Path, environment: Mapping[str, str]) -> AppProcess:
        """`python app.py` at the root of the repository, with its output in `log`."""
        self._line.send(json.dumps([str(log), {**os.environ, **environment}]).encode())
        told, handles, _, _ = socket.recv_fds(self._line, 100, 1)
        if not handles:
            raise RuntimeError("the warm process ended: its last words are in the output of the tests")
        return AppProcess(int(told), handles[0])


_warm: WarmProcess | None = None


def warm_up() -> None:
    """Make the warm process of this one, unless it is there; best while no thread of ours runs."""
    global _warm
    if _warm is None:
        _warm = WarmProcess()


def start_app(log: Path, environment: Mapping[str, str]) -> AppProcess:
    """`python app.py` at the root of the repository, with these settings beside our own and its output in `log`."""
    warm_up()
    assert _warm is not None
    return _warm.start_app(log, environment)


def _serve(line: socket.socket) -> None:
    """The warm process: a request in, a copy of this process out."""
    _forget_the_tests()
    importlib.import_module(NEEDED)
    torch.set_num_threads(1)
    running: dict[int, int] = {}
    while request := line.recv(1_000_000):
        log, environment = json.loads(request)
        pid = os.fork()
        if pid == 0:
            line.close()
            _then_exit(partial(_run_app, Path(log), environment))
        running = {pid: handle for pid, handle in running.items() if not _gone(pid, handle)}
        running[pid] = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [running[pid]])
    for handle in running.values():
        signal.pidfd_send_signal(handle, signal.SIGKILL)


def _gone(pid: int, handle: int) -> bool:
    """Whether a copy has ended, which is then forgotten."""
    if not os.waitpid(pid, os.WNOHANG)[0]:
        return False
    os.close(handle)
    return True


def _forget_the_tests() -> None:
    """Leave what belongs to the process that runs tests: its signals, streams, log and warnings."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end it by closing their end of the line
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    faulthandler.disable()
    logging.getLogger().handlers.clear()
    warnings.simplefilter("ignore")


def _run_app(log: Path, environment: Mapping[str, str]) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for number in (1, 2):
        os.dup2(output, number)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["app.py"]
    slow_voice.from_environment()
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


def _then_exit(work: Callable[[], None]) -> NoReturn:
    """Work, and end as an interpreter does: an error is printed, and the status tells of it."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
