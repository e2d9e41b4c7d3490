"""What the run itself tells: how long it spoke, and whether it stopped."""

from __future__ import annotations

from speecht5_demo.quality.metrics.metric import SHARE, Metric, Need
from speecht5_demo.quality.subject import Subject, given


def _duration(subject: Subject) -> float:
    return len(subject.samples) / len(given(subject.baseline, "baseline"))


def _unstopped(subject: Subject) -> float:
    return float(not given(subject.spoken, "free run").ended)


METRICS = (
    Metric(
        name="duration",
        label="Duration against baseline",
        unit="ratio",
        better="one",
        about="Seconds over the baseline's seconds.",
        measure=_duration,
        needs=frozenset({Need.BASELINE}),
        swept=True,
    ),
    Metric(
        name="stop",
        label="Did not stop by itself",
        unit=SHARE,
        better="lower",
        about="Runs that had to be cut: at the checkpoint's step limit, or at three times the baseline's steps.",
        measure=_unstopped,
        needs=frozenset({Need.RUN}),
        swept=True,
    ),
)
