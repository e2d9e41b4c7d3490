"""Workers that do one job after the other: what they import, seconds of each, is imported once."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from speecht5_demo.distributed import Job, Outcome
from speecht5_demo.distributed.ray_workers import RayWorkers

Parcel = tuple[bytes, Any]
"""A job, as it travels to a worker, and an item of it."""


@dataclass(frozen=True)
class AnyJob:
    """Does items of whichever jobs, each opened once in each worker."""

    def open(self) -> Callable[[Parcel], Iterator[Any]]:
        opened = cache(lambda job: pickle.loads(job).open())
        return lambda parcel: opened(parcel[0])(parcel[1])


@dataclass(frozen=True)
class _OneJob:
    workers: RayWorkers[Parcel, Any]
    job: bytes

    def do(self, items: Iterable[Any]) -> Iterator[Outcome[Any, Any]]:
        for outcome in self.workers.do((self.job, item) for item in items):
            yield replace(outcome, item=outcome.item[1])


@dataclass(frozen=True)
class SharedWorkers:
    """An executor whose workers are there already, and stay.

    Attributes:
        workers: that were started for `AnyJob`.
    """

    workers: RayWorkers[Parcel, Any]

    @contextmanager
    def start(self, job: Job[Any, Any]) -> Iterator[_OneJob]:
        yield _OneJob(self.workers, pickle.dumps(job))
