"""Work in items, given out to processes of this machine, to a Ray cluster, or in shards to a batch system.

`work` says what a job is and what comes back; `local` and `ray_cluster`, by its `ray_workers`, have it done; `shards`
choose a part of it.
Whoever does it, the same items give the same results, so that the caller does not ask who did.
"""

from speecht5_demo.distributed.local import LocalProcesses
from speecht5_demo.distributed.opening import open_executor
from speecht5_demo.distributed.shards import Shard, ShardError
from speecht5_demo.distributed.work import Executor, Job, Outcome, Workers

__all__ = ["Executor", "Job", "LocalProcesses", "Outcome", "Shard", "ShardError", "Workers", "open_executor"]
