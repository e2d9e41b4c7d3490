"""What `evaluate` writes: objective quality of variants, metric by metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from speecht5_demo.machine import Machine
from speecht5_demo.results.common import CheckpointIdentity


@dataclass(frozen=True)
class MetricInfo:
    """A metric as readers of a document need to know it.

    Attributes:
        name: stable id.
        label: what a table shows.
        unit: of its values; a `share` is 0 to 1.
        better: `lower`, `higher`, or `one` for a ratio that should be 1.
        about: one sentence on how it is made.
    """

    name: str
    label: str
    unit: str
    better: str
    about: str


@dataclass(frozen=True)
class Estimate:
    """A pooled mean.

    Attributes:
        mean: weighted over utterances; for WER that is all errors over all words.
        ci95: 95 % bootstrap interval over sentences, None with too few of them.
        n: utterances.
        sentences: different sentences among them.
    """

    mean: float
    ci95: tuple[float, float] | None
    n: int
    sentences: int


@dataclass(frozen=True)
class Entry:
    """One metric of one variant.

    Attributes:
        metric, label: name and title of the metric.
        variant, variant_label: name and title of the variant or floor.
        speaker: whose utterances; None for all.
        mean, ci95, n, sentences: as `Estimate`, in the metric's unit; mean is None where nothing could be measured.
        failed: utterances without a value.
        difference: variant minus baseline over utterances that both have; None for the baseline.
    """

    metric: str
    label: str
    variant: str
    variant_label: str
    speaker: str | None
    mean: float | None
    ci95: tuple[float, float] | None
    n: int
    sentences: int
    failed: int
    difference: Estimate | None


@dataclass(frozen=True)
class Failure:
    """Utterances that share a reason for having no value, or a remark.

    Attributes:
        metric, variant: of which.
        reason: why.
        count: utterances.
        examples: a few of them, as `speaker/sentence`.
    """

    metric: str
    variant: str
    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class NotMeasured:
    """What a variant's engine or this machine cannot give.

    Attributes:
        metric: name.
        variant: name; `*` for all.
        reason: why.
    """

    metric: str
    variant: str
    reason: str


@dataclass(frozen=True)
class EvaluationSettings:
    """What decides the figures, as it is written down.

    Attributes:
        checkpoint: what opens it.
        variants: name -> its steps, as Python writes them.
        speakers: name -> first digits of the SHA-256 of the speaker's vector.
        sentences: the texts, in order.
        metrics: names.
        asr: the recogniser.
        references: folder of natural recordings, or None.
        speaker_model: for `similarity`.
        seed: of the dropout masks.
        asr_source: where the recogniser's weights are from; empty where nothing was transcribed.
        asr_sha256: of its model file; empty where it has not one but several.
        seeds: how many dropout seeds word errors are averaged over, utterance by utterance.
    """

    checkpoint: str
    variants: dict[str, tuple[str, ...]]
    speakers: dict[str, str]
    sentences: tuple[str, ...]
    metrics: tuple[str, ...]
    asr: str
    references: str | None
    speaker_model: str
    seed: int
    asr_source: str = ""
    asr_sha256: str = ""
    seeds: int = 1


@dataclass(frozen=True)
class RunDocument:
    """The `settings.json` of a run's folder: what its rows are of.

    Attributes:
        digest: SHA-256 of the checkpoint's weights.
        settings: of the evaluation.
    """

    KIND: ClassVar[str] = "run"
    COMMAND: ClassVar[str] = "python -m speecht5_demo evaluate -o FOLDER"

    digest: str
    settings: EvaluationSettings


@dataclass(frozen=True)
class EvaluationDocument:
    """One evaluation.

    Attributes:
        created: UTC, ISO 8601.
        machine: where.
        versions: of the measuring libraries, by distribution name.
        checkpoint: which voice.
        settings: what was measured.
        utterances: (sentence, speaker) pairs that each variant spoke.
        metrics: in the order of the tables.
        rows: one a metric and variant, the baseline first.
        by_speaker: the same with `speaker` set.
        floors: of the pseudo-variants `floor:...`: how small a figure can get here.
        failures: what gave no value.
        not_measured: what was not tried, or cannot be had.
    """

    KIND: ClassVar[str] = "evaluation"
    COMMAND: ClassVar[str] = "python -m speecht5_demo evaluate -o FOLDER"

    created: str
    machine: Machine
    versions: dict[str, str]
    checkpoint: CheckpointIdentity
    settings: EvaluationSettings
    utterances: int
    metrics: tuple[MetricInfo, ...]
    rows: tuple[Entry, ...]
    by_speaker: tuple[Entry, ...]
    floors: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    not_measured: tuple[NotMeasured, ...]

    @property
    def shown(self) -> tuple[Entry, ...]:
        """Variants, then floors: what tables and charts show."""
        return (*self.rows, *self.floors)

    @property
    def labels(self) -> dict[str, str]:
        """Title of each variant and floor, in that order."""
        return {entry.variant: entry.variant_label for entry in self.shown}

    def entry(self, metric: str, variant: str) -> Entry | None:
        """The figure of a variant or floor, over all speakers."""
        return next((one for one in self.shown if (one.metric, one.variant) == (metric, variant)), None)
