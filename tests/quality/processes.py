"""Bodies for the processes of an evaluation that go wrong on purpose; they are imported by name in a new process."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from speecht5_demo.quality.plan import Settings, Task
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.worker import Completed, Failed

FATAL_SENTENCE = 2


def dies_in_its_recogniser(_: Settings, __: Path, pipe: Connection) -> None:
    """Measures the first metric of each sentence, and is killed at the second metric of sentence 2."""
    try:
        while True:
            task: Task = pipe.recv()
            for metric in task.metrics:
                if task.number == FATAL_SENTENCE and metric == task.metrics[1]:
                    os.kill(os.getpid(), signal.SIGSEGV)
                pipe.send(Row(task.variant, task.speaker, task.number, metric, 0.5))
            pipe.send(Completed())
    except EOFError:
        return


def cannot_start(_: Settings, __: Path, pipe: Connection) -> None:
    """Says why it cannot work."""
    pipe.send(Failed("The recogniser nobody does not open."))
