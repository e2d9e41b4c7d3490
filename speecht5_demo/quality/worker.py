"""One process of an evaluation: it takes tasks, has them spoken, measures, and sends each row back at once.

A row is sent as soon as it is measured, so that what a task has given survives the death of its process, and
the first metric without a row is the one that it died of.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from speecht5_demo.errors import DemoError
from speecht5_demo.quality.measurer import TaskMeasurer
from speecht5_demo.quality.measuring import measure
from speecht5_demo.quality.plan import Settings, Task
from speecht5_demo.quality.records import Row


@dataclass(frozen=True)
class Completed:
    """The task under way is finished."""


@dataclass(frozen=True)
class Failed:
    """This process cannot work at all; the message is for the user."""

    message: str


def work(settings: Settings, folder: Path, pipe: Connection) -> None:
    """Take tasks from `pipe` until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what a Ctrl-C means
    torch.set_num_threads(1)
    try:
        measurer = TaskMeasurer(settings, folder)
    except DemoError as error:
        pipe.send(Failed(str(error)))
        return
    try:
        while True:
            task: Task = pipe.recv()
            for row in rows_of(measurer, task):
                pipe.send(row)
            pipe.send(Completed())
    except (EOFError, OSError):  # the parent has gone or is done
        return


def rows_of(measurer: TaskMeasurer, task: Task) -> Iterator[Row]:
    """The rows of a task, one after the other; where nothing can be spoken, each has that as its reason."""
    try:
        subject = measurer.subject(task)
    except (DemoError, ArithmeticError, IndexError, OSError, RuntimeError, ValueError) as error:
        reason = str(error) if isinstance(error, DemoError) else f"{type(error).__name__}: {error}"
        for metric in task.metrics:
            yield Row(task.variant, task.speaker, task.number, metric, None, reason=reason)
        return
    for metric in task.metrics:
        yield measure(task, metric, subject)
