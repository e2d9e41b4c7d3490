"""Work done in the process that asks for it: what others do in many, for tests of what is done with the results."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from speecht5_demo.distributed import Job, Outcome


class _Worker:
    def __init__(self, job: Job) -> None:
        self._handle = job.open()

    def do(self, items: Iterable) -> Iterator[Outcome]:
        for item in items:
            yield Outcome(item, tuple(self._handle(item)))


@dataclass(frozen=True)
class InProcess:
    """An executor of one worker, without a process of its own."""

    @contextmanager
    def start(self, job: Job) -> Iterator[_Worker]:
        yield _Worker(job)
