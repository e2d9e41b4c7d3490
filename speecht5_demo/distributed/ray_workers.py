"""The workers of a Ray cluster, one item each at a time.

A worker that is lost, with its machine or by itself, has its item done again by another: the same item gives the same
results. An item that takes every worker with it is given up after some tries.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic

from speecht5_demo.distributed.work import HANG_S, ONE_THREAD, I, Job, Outcome, R
from speecht5_demo.errors import DemoError
from speecht5_demo.memory import without_garbage_collection

_log = logging.getLogger(__name__)

TRIES = 3
"""Workers that an item may take with it, and workers that may die in a row while they start."""


class ClusterError(DemoError):
    """There is no Ray, no cluster, or none that works."""


class _Actor:
    """What runs in a worker. It is handed the job as bytes, so that no library is loaded before threads are set."""

    def __init__(self) -> None:
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        self._handle: Any = None

    def open(self, job: bytes) -> DemoError | None:
        """Open the job; what is for the user comes back as it is."""
        try:
            with without_garbage_collection():
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


class RayWorkers(Generic[I, R]):
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
