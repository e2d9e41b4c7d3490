"""Running an evaluation: tasks go out to processes, rows come back and are on disk before the next task
starts.

The baseline is spoken first, since everything else is compared with it. A process that dies, or hangs over
one
utterance, costs the rows of that utterance and nothing else: they get the reason, and a new process takes its
place.
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
    """One process and what it is doing."""

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
        on_task: told after each utterance.
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
    seats: list[WorkerSlot] = []
    try:
        for phase in todo:
            for task in _phase(phase, records, seats, jobs, partial(_hire, settings, records.folder, body)):
                done += 1
                if on_task is not None:
                    on_task(done, total, task)
    finally:
        for seat in seats:
            _dismiss(seat)


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
    seats: list[WorkerSlot],
    jobs: int,
    hire: Callable[[], WorkerSlot],
) -> Iterator[Task]:
    """Have the tasks of one phase done, by the processes there are and new ones; each is yielded when it is on disk."""
    waiting = deque(phase)
    while waiting or any(seat.task for seat in seats):
        while len(seats) < min(jobs, len(waiting)):
            seats.append(hire())
        for seat in [seat for seat in seats if seat.task is None]:
            if waiting and not _seated(seat, waiting):
                seats.remove(seat)
        wait([seat.pipe for seat in seats if seat.task], timeout=5.0 if seats else 0.0)
        for seat in list(seats):
            task, finished = seat.task, _listen(seat)
            if finished is None or task is None:
                continue
            records.append(seat.rows)
            seat.task, seat.rows = None, []
            if not finished:
                _dismiss(seat)
                seats.remove(seat)
            yield task


def _seated(seat: WorkerSlot, waiting: deque[Task]) -> bool:
    """Give a process its next task; False when it has died in between, and the task goes to another."""
    try:
        seat.pipe.send(waiting[0])
    except OSError:
        _dismiss(seat)
        return False
    seat.task, seat.since = waiting.popleft(), time.monotonic()
    return True


def _listen(seat: WorkerSlot) -> bool | None:
    """Take in what a process sent: None while it works, True when it is done, False when it must be replaced."""
    if seat.task is None:
        return None
    try:
        while seat.pipe.poll():
            message = seat.pipe.recv()
            if isinstance(message, Row):
                seat.rows.append(message)
            elif isinstance(message, Failed):
                raise QualityError(message.message)
            elif isinstance(message, Completed):
                return True
    except (EOFError, ConnectionResetError):
        seat.process.join(5.0)
        _bury(seat, f"the process died ({_fate(seat.process.exitcode)})")
        return False
    if time.monotonic() - seat.since > HANG_S:
        _bury(seat, f"no answer within {HANG_S:.0f} s")
        return False
    return None


def _bury(seat: WorkerSlot, reason: str) -> None:
    """Rows for what a dead process left undone: the first is what it died of, the rest were not reached."""
    task, made = seat.task, {row.metric for row in seat.rows}
    if task is None:
        return
    reasons = iter([f"{reason} during this measurement"])
    for metric in task.metrics:
        if metric not in made:
            why = next(reasons, f"{reason} before this measurement")
            seat.rows.append(Row(task.variant, task.speaker, task.number, metric, None, reason=why))


def _fate(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit status"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit status {exit_code}"


def _hire(settings: Settings, folder: Path, body: Callable[[Settings, Path, Connection], None]) -> WorkerSlot:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=body, args=(settings, folder, theirs), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()
    return WorkerSlot(process, ours)


def _dismiss(seat: WorkerSlot) -> None:
    seat.pipe.close()
    seat.process.join(0.2)
    if seat.process.is_alive():
        seat.process.terminate()
        seat.process.join(5.0)
    if seat.process.is_alive():
        seat.process.kill()


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
