"""What a job is, and what comes back of its items.

    with executor.start(job) as workers:
        for outcome in workers.do(items): ...

A job is data that travels to every worker and is opened there once: that loads the checkpoint. What it opens to takes
an item and gives results. Nothing but items and results goes between caller and worker, neither files nor memory, so
that a worker may be on another machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

I = TypeVar("I")  # noqa: E741  # an item
R = TypeVar("R")
I_contra = TypeVar("I_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Set to 1 where a worker starts, so that two of them do not fight over two cores."""
HANG_S = 600.0  # an item takes seconds; nothing healthy takes this long


class Job(Protocol[I_contra, R_co]):
    """A picklable description of work."""

    def open(self) -> Callable[[I_contra], Iterator[R_co]]:
        """What does one item, made once in each worker.

        Raises:
            DemoError: no worker can do this work; it ends the whole run. So does one that an item raises.
        """


@runtime_checkable
class Importing(Protocol):
    """A job that says what its workers will import, so that processes of one machine can do that once for all.

    Attributes:
        imports: names of modules beside the job's own; those that do not load are passed over.
    """

    @property
    def imports(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Outcome(Generic[I, R]):
    """What became of an item.

    Attributes:
        item: as it was given out.
        results: in the order they were made.
        lost: why not all of them were; empty otherwise.
    """

    item: I
    results: tuple[R, ...]
    lost: str = ""


class Workers(Protocol[I, R]):
    """Workers that have opened a job, or will when there is something to do."""

    def do(self, items: Iterable[I]) -> Iterator[Outcome[I, R]]:
        """Have items done, each asked for when a worker is free, each outcome given out as soon as it is there.

        Raises:
            DemoError: the job does not open, or an item cannot be done by anybody.
        """


class Executor(Protocol):
    """Who does the work."""

    def start(self, job: Job[I, R]) -> AbstractContextManager[Workers[I, R]]:
        """Workers for a job; they end with the block."""
