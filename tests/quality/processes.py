"""Jobs that go wrong on purpose, in workers that import them by name."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.measurer import Utterance
from speecht5_demo.quality.records import Row

FATAL_SENTENCE = 2


@dataclass(frozen=True)
class DiesInItsRecogniser:
    """Measures the first metric of each sentence, and is killed at the second metric of sentence 2."""

    def open(self) -> Callable[[Utterance], Iterator[Row]]:
        return self._rows

    def _rows(self, utterance: Utterance) -> Iterator[Row]:
        task = utterance.task
        for metric in task.metrics:
            if task.number == FATAL_SENTENCE and metric == task.metrics[1]:
                os.kill(os.getpid(), signal.SIGSEGV)
            yield Row(task.variant, task.speaker, task.number, metric, 0.5)


@dataclass(frozen=True)
class CannotStart:
    """Says why it cannot work."""

    def open(self) -> Callable[[Utterance], Iterator[Row]]:
        raise QualityError("The recogniser nobody does not open.")
