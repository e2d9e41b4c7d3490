"""From one utterance to its rows: each metric is measured by itself, and what fails is a row with its reason."""

from __future__ import annotations

from speecht5_demo.errors import DemoError
from speecht5_demo.quality.metrics import BY_NAME, Measured
from speecht5_demo.quality.plan import Task
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.subject import Subject

LIBRARY_FAILURES = (
    ArithmeticError, AssertionError, IndexError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a library or a signal can raise; a row says so, and the evaluation goes on."""


def measure(task: Task, metric: str, subject: Subject) -> Row:
    """The row of one metric."""
    about = BY_NAME[metric]
    key = (task.variant, task.speaker, task.number, metric)
    try:
        found = about.measure(subject)
    except DemoError as error:
        return Row(*key, None, about.weigh(subject), str(error))
    except LIBRARY_FAILURES as error:
        return Row(*key, None, about.weigh(subject), f"{type(error).__name__}: {error}")
    if not isinstance(found, Measured):
        found = Measured(float(found))
    return Row(*key, found.value, about.weigh(subject), found.remark, found.detail)
