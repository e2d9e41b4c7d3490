"""Work done by the workers of a Ray cluster: a running one, or one of this machine that lives as long as the work.

Ray is optional and is imported when work starts, never before.

A cluster of our own binds to loopback alone, with neither dashboard nor usage report, and keeps its files in a folder
that goes with it.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from speecht5_demo.distributed.ray_workers import ClusterError, RayWorkers
from speecht5_demo.distributed.work import I, Job, R

STARTS = 3
"""Times that a cluster of our own is tried to be started."""
LOOPBACK = "127.0.0.1"
AUTO = "auto"
KNOCK_S = 10.0
PATIENT = {"RAY_gcs_server_port_wait_time_s": "120"}
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
EQUAL = {"RAY_worker_niceness": "0"}
"""Ray has its workers give way to every other process: what one of a busy machine measures then waits, and is timed."""
OBJECT_STORE_BYTES = 256 * 1024**2


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
    def start(self, job: Job[I, R]) -> Iterator[RayWorkers[I, R]]:
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
            workers = RayWorkers(ray, job, min(self.jobs or processors, processors))
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
        with _own_folder() if not self.address else nullcontext() as folder:
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
    for left in reversed(range(STARTS)):
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
    for name, value in (QUIET | ALONE | PATIENT | EQUAL if local else QUIET).items():
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
