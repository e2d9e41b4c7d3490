"""Work done by the workers of a Ray cluster: a running one, or one of this machine that lives as long as the work.

Ray is optional and is imported when work starts, never before. A worker that is lost, with its machine or by itself,
has its item done again by another: the same item gives the same results. An item that takes every worker with it is
given up after some tries.

A cluster of our own binds to loopback alone, with neither dashboard nor usage report, and keeps its files in a folder
that goes with it.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic

from speecht5_demo.distributed.work import HANG_S, ONE_THREAD, I, Job, Outcome, R
from speecht5_demo.errors import DemoError

_log = logging.getLogger(__name__)

TRIES = 3
"""Workers that an item may take with it, and workers that may die in a row while they start."""
LOOPBACK = "127.0.0.1"
AUTO = "auto"
KNOCK_S = 10.0
PATIENT = {"RAY_gcs_server_port_wait_time_s": "120"}
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
OBJECT_STORE_BYTES = 256 * 1024**2


class ClusterError(DemoError):
    """There is no Ray, no cluster, or none that works."""


@dataclass(frozen=True)
class RayCluster:
    """Workers of one processor each.

    Attributes:
        address: of a running cluster, HOST:PORT or `auto`; empty starts one on this machine.
        jobs: workers at most; 0 takes every processor of a running cluster, and two of this machine.
    """

    address: str = ""
    jobs: int = 0

    @contextmanager
    def start(self, job: Job[I, R]) -> Iterator[_RayWorkers[I, R]]:
        """See `Executor`.

        Raises:
            ClusterError: Ray is not installed, or the cluster does not answer.
        """
        with self.connected() as ray:
            processors = int(ray.cluster_resources().get("CPU", 0))
            if not processors:
                raise ClusterError(
                    "The Ray cluster has no processor to give. Start its nodes with --num-cpus."
                )
            workers = _RayWorkers(ray, job, min(self.jobs or processors, processors))
            try:
                yield workers
            finally:
                workers.stop()

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """Ray, connected; one connection for the runs in the block, which ends with it.

        Raises:
            ClusterError: as `start`.
        """
        ray = import_ray(local=not self.address)
        if ray.is_initialized():
            yield ray
            return
        with _own_folder() if not self.address else _no_folder() as folder:
            try:
                self._connect(ray, folder)
                with _ends_in_order():
                    yield ray
            finally:
                ray.shutdown()

    def _connect(self, ray: Any, folder: str | None) -> None:
        common: dict[str, Any] = {
            "logging_level": logging.ERROR,
            "log_to_driver": False,
            "ignore_reinit_error": False,
        }
        own: dict[str, Any] = {
            "num_cpus": self.jobs or 2,
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
            "_node_ip_address": LOOPBACK,
            "_temp_dir": folder,
        }
        try:
            if self.address not in ("", AUTO):
                _knock(self.address)
            with _quiet(ray):
                if self.address:
                    ray.init(address=self.address, **common)
                else:
                    _start_patiently(ray, {"address": "local", **own, **common})
        except (ConnectionError, OSError, RuntimeError, TimeoutError, ValueError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            where = f"The Ray cluster at {self.address}" if self.address else "A Ray cluster on this machine"
            raise ClusterError(
                f"{where} does not start or answer ({said[0][:160].rstrip('. ')}). "
                "Check --ray-address, or leave out --engine ray."
            ) from error


def _start_patiently(ray: Any, options: dict[str, Any]) -> None:
    """Start a cluster, some times over: a busy machine may need more than the half minute that Ray gives a node.

    Raises:
        TimeoutError: no try was long enough.
    """
    for left in reversed(range(TRIES)):
        try:
            ray.init(**options)
            return
        except Exception as error:
            if type(error) is not Exception:  # a slow node is told by a bare one, and by nothing else
                raise
            ray.shutdown()
            if not left:
                raise TimeoutError(str(error)) from error


def import_ray(local: bool) -> Any:
    """The library, which is optional.

    Args:
        local: whether a cluster of our own is to be started: it then binds to loopback. On Linux Ray replaces a
            loopback address by one that others reach, unless it is told, as on other systems, that it serves this
            machine alone.

    Raises:
        ClusterError: it is not installed.
    """
    for name, value in (QUIET | ALONE | PATIENT if local else QUIET).items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            "--engine ray needs Ray: pip install -r requirements-ray.txt, or leave out --engine ray."
        ) from error
    return ray


def _knock(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself would try for minutes, and ValueError where it is no address."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ValueError(f"{address!r} is not HOST:PORT")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S):
        pass


@contextmanager
def _own_folder() -> Iterator[str]:
    """A short path: Ray's sockets lie below it, and their paths have room for 107 characters."""
    folder = tempfile.mkdtemp(prefix="s5ray-")
    try:
        yield folder
    finally:
        for _ in range(50):  # a process that Ray has ended may still be writing its last lines
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.exists(folder):
                break
            time.sleep(0.1)


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """SIGTERM, as batch systems send it, ends the program as Ctrl-C does, and afterwards means what it meant before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def _quiet(ray: Any) -> Iterator[None]:
    """While Ray starts, two habits for which it has no setting are taken from it.

    It starts its dashboard's process even where there is to be no dashboard and no usage report, and that process asks
    the addresses at which clouds describe a machine. And it prints the death of a worker to stdout, where our documents
    go.
    """
    node, worker = ray._private.node.Node, ray._private.worker
    before = node.start_api_server, worker.listen_error_messages
    node.start_api_server = worker.listen_error_messages = lambda *_, **__: None
    try:
        yield
    finally:
        node.start_api_server, worker.listen_error_messages = before


@contextmanager
def _no_folder() -> Iterator[None]:
    yield None


class _Actor:
    """What runs in a worker. It is handed the job as bytes, so that no library is loaded before threads are set."""

    def __init__(self) -> None:
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        self._handle: Any = None

    def open(self, job: bytes) -> DemoError | None:
        """Open the job; what is for the user comes back as it is."""
        try:
            self._handle = pickle.loads(job).open()
        except DemoError as error:
            return error
        return None

    def do(self, item: Any) -> list[Any] | DemoError:
        """All results of an item."""
        try:
            return list(self._handle(item))
        except DemoError as error:
            return error


@dataclass
class _Given(Generic[I]):
    """An item, and how many workers it has taken with it."""

    item: I
    tries: int = 0


@dataclass
class _Slot(Generic[I]):
    """An actor, what it does, its start or an item, and since when."""

    actor: Any
    pending: Any
    since: float
    open: bool = False
    given: _Given[I] | None = None


class _RayWorkers(Generic[I, R]):
    """Actors, one item each at a time; what a lost one had made counts for nothing."""

    def __init__(self, ray: Any, job: Job[I, R], most: int) -> None:
        self._ray = ray
        self._job = pickle.dumps(job)
        self._most = most
        self._actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Actor)
        self._slots: list[_Slot[I]] = []
        self._again: deque[_Given[I]] = deque()
        self._died_starting = 0

    def do(self, items: Iterable[I]) -> Iterator[Outcome[I, R]]:
        """See `Workers`."""
        fresh = (_Given(item) for item in items)
        while True:
            self._give_out(fresh)
            busy = {slot.pending: slot for slot in self._slots if slot.given is not None}
            if not busy:
                return
            ready, working = self._ray.wait(list(busy), num_returns=1, timeout=5.0)
            for pending in ready:
                if outcome := self._take(busy[pending]):
                    yield outcome
            for pending in working:
                slot = busy[pending]
                if slot.open and time.monotonic() - slot.since > HANG_S and (outcome := self._lose(slot)):
                    yield outcome

    def stop(self) -> None:
        """End every worker."""
        for slot in list(self._slots):
            self._drop(slot)

    def _give_out(self, fresh: Iterator[_Given[I]]) -> None:
        """An item for every worker that has none, and a new worker for a further item."""
        while True:
            slot = next((one for one in self._slots if one.given is None), None)
            if slot is None and len(self._slots) == self._most:
                return
            given = self._again.popleft() if self._again else next(fresh, None)
            if given is None:
                return
            if slot is None:
                actor = self._actor.remote()
                slot = _Slot(actor, actor.open.remote(self._job), time.monotonic())
                self._slots.append(slot)
            slot.given = given
            if slot.open:
                self._send(slot, given)

    def _send(self, slot: _Slot[I], given: _Given[I]) -> None:
        slot.since = time.monotonic()
        slot.pending = slot.actor.do.remote(given.item)

    def _take(self, slot: _Slot[I]) -> Outcome[I, R] | None:
        """What a worker has finished; None where that was its start, or where its item is to be done again."""
        given = slot.given
        assert given is not None
        try:
            answer = self._ray.get(slot.pending)
        except self._ray.exceptions.RayTaskError as error:
            said = str(error.cause).strip().splitlines() or [""]
            why = f"{type(error.cause).__name__}: {said[-1][:200]}"
            if not slot.open:
                raise _cannot_start(why) from error
            slot.given = None
            return Outcome(given.item, (), f"the worker failed ({why})")
        except self._ray.exceptions.RayError as error:
            return self._lose(slot, error)
        if isinstance(answer, DemoError):
            raise answer
        if not slot.open:
            slot.open, self._died_starting = True, 0
            self._send(slot, given)
            return None
        slot.given = None
        return Outcome(given.item, tuple(answer))

    def _lose(self, slot: _Slot[I], error: Exception | None = None) -> Outcome[I, R] | None:
        """A worker is gone, or hangs: its item is done again, or given up when it was the last try."""
        given = slot.given
        assert given is not None
        self._drop(slot)
        if not slot.open:
            self._died_starting += 1
            if self._died_starting == TRIES:
                said = str(error).strip().splitlines() or [""]
                raise _cannot_start(said[-1][:200]) from error
        else:
            given.tries += 1
        if given.tries == TRIES:
            return Outcome(given.item, (), f"{TRIES} workers died, one after the other,")
        _log.warning("A worker of the Ray cluster was lost; what it was doing is done again.")
        self._again.append(given)
        return None

    def _drop(self, slot: _Slot[I]) -> None:
        self._slots.remove(slot)
        self._ray.kill(slot.actor)


def _cannot_start(why: str) -> ClusterError:
    return ClusterError(
        f"Workers of the Ray cluster do not start ({why.rstrip('. ')}). Install this package, its requirements and "
        "checkpoint alike on every machine."
    )
