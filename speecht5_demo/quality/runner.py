"""Running an evaluation: tasks go out to processes, rows come back and are on disk before the next task starts.

The baseline is spoken first, since everything else is compared with it. A process that dies, or hangs over one
utterance, costs the rows of that utterance and nothing else: they get the reason, and a new process takes its place.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measurer import baseline_file
from speecht5_demo.quality.plan import Settings, Task, tasks
from speecht5_demo.quality.records import Records, Row
from speecht5_demo.quality.worker import Completed, Failed, work
from speecht5_demo.variants import BASELINE

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
HANG_S = 600.0  # an utterance takes about a second; nothing healthy takes this long

OnTask = Callable[[int, int, Task], None]
"""Called with tasks done, tasks in all, and the one just finished."""


@dataclass
class WorkerSlot:
    """One process, and the task under way in it."""

    process: Any
    pipe: Connection
    task: Task | None = None
    since: float = 0.0
    rows: list[Row] = field(default_factory=list)


def run(
    settings: Settings,
    records: Records,
    jobs: int,
    on_task: OnTask | None = None,
    body: Callable[[Settings, Path, Connection], None] = work,
) -> None:
    """Make every row of `settings` that `records` does not hold yet.

    Args:
        settings: what to measure.
        records: where rows go.
        jobs: processes, each on one thread.
        on_task: called after each utterance.
        body: what each process does.

    Raises:
        QualityError: when a process cannot start its work, for instance because a recogniser does not open.
    """
    others = [variant.name for variant in settings.variants if variant.name != BASELINE.name]
    first = list(tasks(settings, [BASELINE.name]))
    rest = list(tasks(settings, [*settings.floors, *others]))
    todo = [
        [task for task in first if _unspoken(records, task) or _open(records, task)],
        [task for task in rest if _open(records, task)],
    ]
    total = len(first) + len(rest)
    done = total - sum(len(phase) for phase in todo)
    slots: list[WorkerSlot] = []
    try:
        for phase in todo:
            for task in _phase(phase, records, slots, jobs, partial(_start, settings, records.folder, body)):
                done += 1
                if on_task is not None:
                    on_task(done, total, task)
    finally:
        for slot in slots:
            _stop(slot)


def _open(records: Records, task: Task) -> bool:
    """Whether a row of this task is missing."""
    return any(
        (task.variant, task.speaker, task.number, metric) not in records.rows for metric in task.metrics
    )


def _unspoken(records: Records, task: Task) -> bool:
    return not baseline_file(records.folder, task.speaker, task.number).exists()


def _phase(
    phase: Sequence[Task],
    records: Records,
    slots: list[WorkerSlot],
    jobs: int,
    start: Callable[[], WorkerSlot],
) -> Iterator[Task]:
    """Have the tasks of one phase done, by the processes there are and new ones; each is yielded when it is on disk."""
    waiting = deque(phase)
    while waiting or any(slot.task for slot in slots):
        while len(slots) < min(jobs, len(waiting)):
            slots.append(start())
        for slot in [slot for slot in slots if slot.task is None]:
            if waiting and not _assign(slot, waiting):
                slots.remove(slot)
        wait([slot.pipe for slot in slots if slot.task], timeout=5.0 if slots else 0.0)
        for slot in list(slots):
            task, finished = slot.task, _receive(slot)
            if finished is None or task is None:
                continue
            records.append(slot.rows)
            slot.task, slot.rows = None, []
            if not finished:
                _stop(slot)
                slots.remove(slot)
            yield task


def _assign(slot: WorkerSlot, waiting: deque[Task]) -> bool:
    """Give a process its next task; False when it has died in between, and the task goes to another."""
    try:
        slot.pipe.send(waiting[0])
    except OSError:
        _stop(slot)
        return False
    slot.task, slot.since = waiting.popleft(), time.monotonic()
    return True


def _receive(slot: WorkerSlot) -> bool | None:
    """Take in what a process sent: None while it works, True when it is done, False when it must be replaced."""
    if slot.task is None:
        return None
    try:
        while slot.pipe.poll():
            message = slot.pipe.recv()
            if isinstance(message, Row):
                slot.rows.append(message)
            elif isinstance(message, Failed):
                raise QualityError(message.message)
            elif isinstance(message, Completed):
                return True
    except (EOFError, ConnectionResetError):
        slot.process.join(5.0)
        _give_up(slot, f"the process died ({_fate(slot.process.exitcode)})")
        return False
    if time.monotonic() - slot.since > HANG_S:
        _give_up(slot, f"no answer within {HANG_S:.0f} s")
        return False
    return None


def _give_up(slot: WorkerSlot, reason: str) -> None:
    """Rows for what a dead process left undone: the first is what it died of, the rest were not reached."""
    task, made = slot.task, {row.metric for row in slot.rows}
    if task is None:
        return
    reasons = iter([f"{reason} during this measurement"])
    for metric in task.metrics:
        if metric not in made:
            why = next(reasons, f"{reason} before this measurement")
            slot.rows.append(Row(task.variant, task.speaker, task.number, metric, None, reason=why))


def _fate(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit status"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit status {exit_code}"


def _start(
    settings: Settings, folder: Path, body: Callable[[Settings, Path, Connection], None]
) -> WorkerSlot:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=body, args=(settings, folder, theirs), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()
    return WorkerSlot(process, ours)


def _stop(slot: WorkerSlot) -> None:
    slot.pipe.close()
    slot.process.join(0.2)
    if slot.process.is_alive():
        slot.process.terminate()
        slot.process.join(5.0)
    if slot.process.is_alive():
        slot.process.kill()


@contextmanager
def _one_thread() -> Iterator[None]:
    """The environment in which a process starts, so that two of them do not fight over two cores."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
