"""`python app.py`, `python -m ...` or `python -c ...` in a process of its own, without seconds of imports for each.

A warm process, which has imported Gradio, PyTorch and the pages, waits beside the tests. Every program is a copy of it
that runs app.py, the module or the code from its first line, in an environment and with streams of its own. The warm
process is itself a copy of the one that collects the tests, made before the first of them runs, for collecting imports
the same. What is asked of the import itself, or of memory, needs a fresh interpreter.
"""

from __future__ import annotations

import atexit
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
import subprocess
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

import torch

from tests.support import slow_voice

ROOT = Path(__file__).resolve().parents[2]
READ_THEIR_ENVIRONMENT = ("huggingface_hub.constants", "datasets.config", "gradio.oauth")
"""Modules that look at it once, when they are imported."""
NEEDED = ("speecht5_demo.ui.app", "speecht5_demo.checkpoints.loading")
"""What a served app imports until it has spoken."""
COLD = "NOTHING_IS_SPOKEN_BEFORE_IT_IS_ASKED_FOR"
"""The variable of a served app that leaves out the start's own speaking, for it takes longer than most tests."""


@dataclass(frozen=True)
class AppProcess:
    """A running program, which is no child of ours.

    Attributes:
        pid: of it.
        handle: of the process itself, whatever becomes of its number.
    """

    pid: int
    handle: int

    @cached_property
    def returncode(self) -> int:
        """Its status, as `subprocess` tells it; asked for when it has ended."""
        assert _warm is not None
        return _warm.status(self.pid)

    def wait(self, timeout: float) -> int:
        """Wait for its end, and say its status.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        if not self.join(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self.returncode

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
    """What programs are copies of; it ends, and they with it, when this process does."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if os.fork() == 0:
            ours.close()
            _then_exit(partial(_serve, theirs))
        theirs.close()
        self._line = ours
        self._one_at_a_time = threading.Lock()

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, streams: Sequence[int]
    ) -> AppProcess:
        """`python ARGUMENTS` with these streams as its input, output and error output."""
        request = json.dumps([list(arguments), dict(environment), str(cwd)]).encode()
        with self._one_at_a_time:
            socket.send_fds(self._line, [request], list(streams))
            told, handles, _, _ = socket.recv_fds(self._line, 100, 1)
        if not handles:
            raise RuntimeError("the warm process ended: its last words are in the output of the tests")
        return AppProcess(int(told), handles[0])

    def status(self, pid: int) -> int:
        """That of a program that has ended."""
        with self._one_at_a_time:
            self._line.send(json.dumps(pid).encode())
            return int(self._line.recv(100))


_warm: WarmProcess | None = None


def warm_up() -> WarmProcess:
    """Make the warm process of this one, unless it is there; best while no thread of ours runs."""
    global _warm
    if _warm is None:
        _warm = WarmProcess()
    return _warm


def import_what_is_needed() -> None:
    """Import what a served app needs, so that its copies need not."""
    for name in NEEDED:
        importlib.import_module(name)


def start_app(log: Path, environment: Mapping[str, str]) -> AppProcess:
    """`python app.py` at the root of the repository, with these settings beside our own and its output in `log`."""
    with open(os.devnull, "rb") as nothing, log.open("wb") as output:
        streams = (nothing.fileno(), output.fileno(), output.fileno())
        return warm_up().start(["app.py"], {**os.environ, **environment}, ROOT, streams)


def _serve(line: socket.socket) -> None:
    """The warm process: a request in, a copy of this process out; or the number of one that ended, and its status."""
    _forget_the_tests()
    import_what_is_needed()
    torch.set_num_threads(1)
    running: dict[int, int] = {}
    statuses: dict[int, int] = {}
    while True:
        request, streams, _, _ = socket.recv_fds(line, 1_000_000, 3)
        if not request:
            break
        asked: Any = json.loads(request)
        if isinstance(asked, int):
            _reap(running, statuses, asked)
            line.send(str(statuses[asked]).encode())
            continue
        pid = os.fork()
        if pid == 0:
            line.close()
            for handle in running.values():
                os.close(handle)
            _then_exit(partial(_run, streams, *asked))
        for stream in streams:
            os.close(stream)
        for other in list(running):
            _reap(running, statuses, other, os.WNOHANG)
        running[pid] = os.pidfd_open(pid)
        socket.send_fds(line, [str(pid).encode()], [running[pid]])
    for handle in running.values():
        signal.pidfd_send_signal(handle, signal.SIGKILL)


def _reap(running: dict[int, int], statuses: dict[int, int], pid: int, how: int = 0) -> None:
    """Take note of a copy's end, if it has come, or when it comes."""
    if pid in running:
        ended, status = os.waitpid(pid, how)
        if ended:
            statuses[pid] = os.waitstatus_to_exitcode(status)
            os.close(running.pop(pid))


def _forget_the_tests() -> None:
    """Leave what belongs to the process that runs tests: its signals, streams, log and warnings."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end it by closing their end of the line
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    faulthandler.disable()
    atexit._clear()
    logging.getLogger().handlers.clear()
    warnings.simplefilter("ignore")


def _run(streams: list[int], arguments: list[str], environment: dict[str, str], cwd: str) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for name in READ_THEIR_ENVIRONMENT:
        if name in sys.modules:
            importlib.reload(sys.modules[name])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    slow_voice.from_environment()
    if environment.get(COLD):
        _speak_when_asked()
    first, *rest = arguments
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    elif first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(str(Path(cwd, first)), run_name="__main__")


def _speak_when_asked() -> None:
    """Let the voice be ready without a word: what a visitor asks for is built then, as for any other variant."""
    from speecht5_demo.ui.compare.service import CompareService

    def ready(service: CompareService) -> None:
        service._note_warm_up(None)

    CompareService.warm_up_in_background = ready  # type: ignore[method-assign]


def _then_exit(work: Callable[[], None]) -> NoReturn:
    """Work, and end as an interpreter does: an error is printed, and told by the status; its threads are waited for."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
