"""Faults of alignment as metrics: repeats, skips and monotonicity of the cross-attention."""

from __future__ import annotations

import numpy as np

from speecht5_demo.errors import QualityError
from speecht5_demo.quality.metrics.metric import SHARE, Metric, Need
from speecht5_demo.quality.reading import Reading
from speecht5_demo.quality.subject import NOT_MEASURED, Subject, given


def _readings(subject: Subject) -> tuple[Reading, ...]:
    readings = given(subject.spoken, "free run").readings
    if readings is None:
        raise QualityError(f"{NOT_MEASURED} this engine keeps no attention")
    return readings


METRICS = (
    Metric(
        name="repeats",
        label="Repeats in the attention",
        unit="per sentence",
        better="lower",
        about="Times the alignment went back and read again.",
        measure=lambda subject: sum(reading.repeats for reading in _readings(subject)),
        needs=frozenset({Need.RUN}),
        swept=True,
    ),
    Metric(
        name="skips",
        label="Skips in the attention",
        unit="per sentence",
        better="lower",
        about="Times the alignment passed over text.",
        measure=lambda subject: sum(reading.skips for reading in _readings(subject)),
        needs=frozenset({Need.RUN}),
        swept=True,
    ),
    Metric(
        name="monotonicity",
        label="Monotonic steps of the attention",
        unit=SHARE,
        better="higher",
        about="Share of decoder steps that do not move back in the text.",
        measure=lambda subject: float(np.mean([reading.monotonicity for reading in _readings(subject)])),
        needs=frozenset({Need.RUN}),
    ),
)
