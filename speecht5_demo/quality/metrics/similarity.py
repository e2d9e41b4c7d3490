"""Whether it is still the same voice: the cosine of two speaker embeddings."""

from __future__ import annotations

import numpy as np

from speecht5_demo.quality.metrics.metric import Metric, Need
from speecht5_demo.quality.speaker_models import Embedding
from speecht5_demo.quality.subject import Subject, given


def similarity(one: Embedding, other: Embedding) -> float:
    """Cosine of two embeddings, -1 to 1."""
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _to_baseline(subject: Subject) -> float:
    model = given(subject.speaker_model, "speaker model")
    return similarity(given(subject.baseline_voice, "baseline")(), model.embed(subject.samples))


METRICS = (
    Metric(
        name="similarity",
        label="Speaker similarity to baseline",
        unit="cosine",
        better="higher",
        about="Cosine of speaker embeddings: Resemblyzer's, or those of a transformers x-vector checkpoint.",
        measure=_to_baseline,
        needs=frozenset({Need.BASELINE, Need.SPEAKER_MODEL}),
    ),
)
