"""One worker of an evaluation: it takes utterances, has them spoken, measures, and gives each row at once.

A row is given as soon as it is measured, so that what a task has given survives the death of its process, and
the first metric without a row is the one that it died of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from speecht5_demo.errors import DemoError, QualityError
from speecht5_demo.quality.measurer import MadeFile, TaskMeasurer, Utterance
from speecht5_demo.quality.measuring import measure
from speecht5_demo.quality.metrics import BY_NAME, libraries
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.records import Row
from speecht5_demo.variants.networks import NETWORKS

Result = Row | MadeFile


@dataclass(frozen=True)
class EvaluationJob:
    """The job of an evaluation.

    Attributes:
        settings: what to measure.
        digest: of the checkpoint's weights; another machine may hold others under the same name. Empty: not checked.
    """

    settings: Settings
    digest: str = ""

    @property
    def imports(self) -> tuple[str, ...]:
        """The networks, and what the metrics use."""
        found = [
            library.module
            for name in self.settings.metrics
            for library in libraries(BY_NAME[name], self.settings.asr, self.settings.speaker_model)
        ]
        return (NETWORKS, *dict.fromkeys(found))

    def open(self) -> Callable[[Utterance], Iterator[Result]]:
        """Load the checkpoint and what measures it, on one thread.

        Raises:
            QualityError, CheckpointError: when one of them does not open, or the checkpoint is another.
        """
        torch.set_num_threads(1)
        measurer = TaskMeasurer(self.settings)
        if self.digest and measurer.digest != self.digest:
            raise QualityError(
                f"A worker finds other weights under {self.settings.checkpoint}. Give all machines the same checkpoint."
            )
        return lambda utterance: results_of(measurer, utterance)


def results_of(measurer: TaskMeasurer, utterance: Utterance) -> Iterator[Result]:
    """Files and rows of a task, one after the other; where nothing can be spoken, each row has that as its reason."""
    task = utterance.task
    try:
        subject = measurer.subject(utterance)
    except (DemoError, ArithmeticError, IndexError, OSError, RuntimeError, ValueError) as error:
        reason = str(error) if isinstance(error, DemoError) else f"{type(error).__name__}: {error}"
        for metric in task.metrics:
            yield Row(task.variant, task.speaker, task.number, metric, None, reason=reason)
        return
    yield from measurer.made
    for metric in task.metrics:
        yield measure(task, metric, subject)
