"""Running an evaluation: utterances go out to workers, rows come back and are on disk before the next one is taken in.

The baseline is spoken first, since everything else is compared with it. A worker that is lost over an utterance, for
good, costs the rows of that utterance and nothing else: they get the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from speecht5_demo.distributed import Executor, Job, Outcome, Shard
from speecht5_demo.files import write_bytes
from speecht5_demo.quality.measurer import MadeFile, Utterance, baseline_file
from speecht5_demo.quality.plan import COMPARED_WITH_NOTHING, Settings, Task, phases
from speecht5_demo.quality.records import Records, Row
from speecht5_demo.quality.worker import EvaluationJob, Result

OnTask = Callable[[int, int, Task], None]
"""Called with tasks done, tasks in all, and the one just finished."""


def run(
    settings: Settings,
    records: Records,
    executor: Executor,
    on_task: OnTask | None = None,
    shard: Shard | None = None,
    job: Job[Utterance, Result] | None = None,
) -> None:
    """Make every row of `settings` that `records` does not hold yet.

    Args:
        settings: what to measure.
        records: where rows go.
        executor: who does it.
        on_task: called after each utterance.
        shard: makes only the rows of its part of the utterances.
        job: what each worker does.

    Raises:
        DemoError: when a worker cannot start its work, for instance because a recogniser does not open.
    """
    first, rest = phases(settings, shard)
    todo = [
        [task for task in first if _unspoken(records, task) or _open(records, task)],
        [task for task in rest if _open(records, task)],
    ]
    total = len(first) + len(rest)
    done = total - sum(len(phase) for phase in todo)
    with executor.start(job or EvaluationJob(settings, records.digest)) as workers:
        for phase in todo:
            for outcome in workers.do(_utterances(phase, records.folder)):
                _keep(outcome, records)
                done += 1
                if on_task is not None:
                    on_task(done, total, outcome.item.task)


def _open(records: Records, task: Task) -> bool:
    """Whether a row of this task is missing."""
    return any(
        (task.variant, task.speaker, task.number, metric) not in records.rows for metric in task.metrics
    )


def _unspoken(records: Records, task: Task) -> bool:
    return not baseline_file(records.folder, task.speaker, task.number).exists()


def _utterances(tasks: Sequence[Task], folder: Path) -> Iterator[Utterance]:
    """Each with the baseline's speech, read when its turn comes."""
    for task in tasks:
        path = baseline_file(folder, task.speaker, task.number)
        compared = task.variant not in COMPARED_WITH_NOTHING and path.exists()
        yield Utterance(task, path.read_bytes() if compared else None)


def _keep(outcome: Outcome[Utterance, Result], records: Records) -> None:
    """Files before rows: whoever finds the rows finds the files."""
    for result in outcome.results:
        if isinstance(result, MadeFile):
            write_bytes(records.folder / result.path, result.content, parents=True)
    rows = [result for result in outcome.results if isinstance(result, Row)]
    if outcome.lost:
        rows += _given_up(outcome.item.task, rows, outcome.lost)
    records.append(rows)


def _given_up(task: Task, made: Sequence[Row], reason: str) -> Iterator[Row]:
    """Rows for what a lost worker left undone: the first is what it died of, the rest were not reached."""
    there = {row.metric for row in made}
    reasons = iter([f"{reason} during this measurement"])
    for metric in task.metrics:
        if metric not in there:
            why = next(reasons, f"{reason} before this measurement")
            yield Row(task.variant, task.speaker, task.number, metric, None, reason=why)
