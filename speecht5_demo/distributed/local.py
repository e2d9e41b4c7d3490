"""Work done by processes of this machine, one thread each.

A process that dies, or hangs over one item, costs what that item had not given yet, and nothing else: a new process
takes its place. Results are sent as they are made, so that those from before the death count.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic

from speecht5_demo.distributed.work import HANG_S, ONE_THREAD, I, Importing, Job, Outcome, R
from speecht5_demo.errors import DemoError
from speecht5_demo.interruption import uninterrupted_children

IMPORTS_ONLY = "speecht5_demo.distributed.imports_only"


@dataclass(frozen=True)
class _Completed:
    """The item under way is finished."""


@dataclass(frozen=True)
class _Failed:
    """This work cannot be done at all."""

    error: DemoError


@dataclass
class _Slot(Generic[I, R]):
    """One process, and the item under way in it."""

    process: Any
    pipe: Connection
    item: I | None = None
    since: float = 0.0
    results: list[R] = field(default_factory=list)
    lost: str = ""


@dataclass(frozen=True)
class LocalProcesses:
    """So many processes at once."""

    jobs: int = 2

    @contextmanager
    def start(self, job: Job[I, R]) -> Iterator[_LocalWorkers[I, R]]:
        """See `Executor`."""
        workers = _LocalWorkers(job, self.jobs)
        try:
            yield workers
        finally:
            workers.stop()


class _LocalWorkers(Generic[I, R]):
    """A process starts when there is an item for it, and stays for the next one."""

    def __init__(self, job: Job[I, R], jobs: int) -> None:
        self._job = job
        self._jobs = jobs
        self._slots: list[_Slot[I, R]] = []

    def do(self, items: Iterable[I]) -> Iterator[Outcome[I, R]]:
        """See `Workers`."""
        waiting = iter(items)
        more = True
        while True:
            while more and len(self._busy()) < self._jobs:
                try:
                    item = next(waiting)
                except StopIteration:
                    more = False
                else:
                    self._assign(item)
            if not self._busy():
                return
            wait([slot.pipe for slot in self._busy()], timeout=5.0)
            for slot in self._busy():
                given, finished = slot.item, _receive(slot)
                if finished is None or given is None:
                    continue
                outcome = Outcome(given, tuple(slot.results), slot.lost)
                slot.item, slot.results = None, []
                if slot.lost:
                    self._drop(slot)
                yield outcome

    def stop(self) -> None:
        """End every process."""
        for slot in list(self._slots):
            self._drop(slot)

    def _busy(self) -> list[_Slot[I, R]]:
        return [slot for slot in self._slots if slot.item is not None]

    def _assign(self, item: I) -> None:
        """Give an item to a process; one that has died in between makes place for another."""
        while True:
            slot = next((slot for slot in self._slots if slot.item is None), None)
            if slot is None:
                slot = _start(self._job)
                self._slots.append(slot)
            try:
                slot.pipe.send(item)
            except OSError:
                _receive(slot)  # it may have said why
                self._drop(slot)
                continue
            slot.item, slot.since = item, time.monotonic()
            return

    def _drop(self, slot: _Slot[I, R]) -> None:
        self._slots.remove(slot)
        slot.pipe.close()
        slot.process.join(0.2)
        if slot.process.is_alive():
            slot.process.terminate()
            slot.process.join(5.0)
        if slot.process.is_alive():
            slot.process.kill()


def _receive(slot: _Slot[I, R]) -> bool | None:
    """Take in what a process sent: None while it works, True when its item is over, done or lost."""
    try:
        while slot.pipe.poll():
            message = slot.pipe.recv()
            if isinstance(message, _Failed):
                raise message.error
            if isinstance(message, _Completed):
                return True
            slot.results.append(message)
    except (EOFError, ConnectionResetError):
        slot.process.join(5.0)
        slot.lost = f"the process died ({_fate(slot.process.exitcode)})"
        return True
    if slot.item is not None and time.monotonic() - slot.since > HANG_S:
        slot.lost = f"no answer within {HANG_S:.0f} s"
        return True
    return None


def _fate(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit status"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit status {exit_code}"


def _start(job: Job[I, R]) -> _Slot[I, R]:
    context = _context(job)
    ours, theirs = context.Pipe()
    with environment_of_children(dict.fromkeys(ONE_THREAD, "1")):
        process = context.Process(target=_serve, args=(job, theirs, dict(os.environ)), daemon=True)
        with uninterrupted_children():
            process.start()
    theirs.close()
    return _Slot(process, ours)


def _context(job: Job[I, R]) -> Any:
    """How processes start: on Linux as copies of one that imported what the work needs, elsewhere from nothing."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    needed = (type(job).__module__, *(job.imports if isinstance(job, Importing) else ()))
    context.set_forkserver_preload([IMPORTS_ONLY, *needed])
    return context


def _serve(job: Job[I, R], pipe: Connection, environment: Mapping[str, str]) -> None:
    """What a process does: take items from `pipe` until it closes."""
    os.environ.update(environment)  # a copy has the one that was there at the first start
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows, where it could not be held back
    try:
        try:
            handle = job.open()
            while True:
                for result in handle(pipe.recv()):
                    pipe.send(result)
                pipe.send(_Completed())
        except DemoError as error:
            pipe.send(_Failed(error))
    except (EOFError, OSError):  # the parent has gone or is done
        return


@contextmanager
def environment_of_children(variables: Mapping[str, str]) -> Iterator[None]:
    """Processes that are started inside have these environment variables."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
