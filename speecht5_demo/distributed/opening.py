"""From what a user asks for to who does the work."""

from __future__ import annotations

from speecht5_demo.distributed.local import LocalProcesses
from speecht5_demo.distributed.ray_cluster import RayCluster, import_ray
from speecht5_demo.distributed.ray_workers import ClusterError
from speecht5_demo.distributed.work import Executor

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)
LOCAL_JOBS = 2


def open_executor(engine: str = LOCAL, ray_address: str = "", jobs: int | None = None) -> Executor:
    """Who does the work: processes of this machine, or a Ray cluster.

    Args:
        engine: one of ENGINES.
        ray_address: of a running cluster; empty starts one on this machine.
        jobs: processes or workers at most; None takes two on this machine, and every processor of a running cluster.

    Raises:
        ClusterError: there is no such engine, or Ray is not installed.
    """
    if engine not in ENGINES:
        raise ClusterError(f"There is no engine {engine!r}. Choose --engine {' or '.join(ENGINES)}.")
    if engine == LOCAL:
        if ray_address:
            raise ClusterError("--ray-address is for --engine ray. Add that, or leave the address out.")
        return LocalProcesses(jobs or LOCAL_JOBS)
    import_ray(local=not ray_address)  # what is missing is said before anything is loaded
    return RayCluster(ray_address, jobs or 0)
