"""From the rows of an evaluation to the document of what it found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.machine import Machine, this_machine
from speecht5_demo.quality.intervals import pooled
from speecht5_demo.quality.metrics import BY_NAME, library_versions
from speecht5_demo.quality.plan import FLOORS, Settings
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.subject import NOT_MEASURED
from speecht5_demo.results import (
    CheckpointIdentity,
    Entry,
    Estimate,
    EvaluationDocument,
    Failure,
    MetricInfo,
    NotMeasured,
    Outline,
    now,
)
from speecht5_demo.variants import BASELINE

SUMMARY = "summary.json"
EXAMPLES = 3


def summarise(
    rows: Sequence[Row], settings: Settings, checkpoint: Checkpoint, left_out: Mapping[str, str]
) -> EvaluationDocument:
    """The summary of an evaluation's rows, made on this machine.

    Args:
        rows: of one folder.
        settings: of the run.
        checkpoint: that spoke.
        left_out: metric -> why it was not attempted at all.
    """
    outline = outline_of(settings, checkpoint, left_out)
    return summary_of(rows, outline, this_machine(), library_versions())


def outline_of(settings: Settings, checkpoint: Checkpoint, left_out: Mapping[str, str]) -> Outline:
    """What the summary says beside the rows."""
    others = {one.name: one.label for one in settings.variants if one.name != BASELINE.name}
    return Outline(
        checkpoint=CheckpointIdentity.of(checkpoint),
        settings=settings.document(),
        labels={BASELINE.name: BASELINE.label, **others},
        numbers=tuple(sentence.number for sentence in settings.sentences),
        floors=settings.floors,
        left_out=dict(left_out),
    )


def summary_of(
    rows: Sequence[Row], outline: Outline, machine: Machine, versions: dict[str, str]
) -> EvaluationDocument:
    """The summary of rows, wherever they were made."""
    settings, order = outline.settings, list(outline.labels)
    labels = {**outline.labels, **FLOORS}
    places = set(outline.places)
    counted = [row for row in rows if (row.sentence, row.speaker) in places]
    failed = [row for row in counted if row.reason]
    by_speaker = [
        entry
        for speaker in settings.speakers
        for entry in _entries(
            [row for row in counted if row.speaker == speaker], settings.metrics, order, labels, speaker
        )
    ]
    return EvaluationDocument(
        created=now(),
        machine=machine,
        versions=versions,
        checkpoint=outline.checkpoint,
        settings=settings,
        utterances=len(places),
        metrics=tuple(map(metric_info, settings.metrics)),
        rows=tuple(_entries(counted, settings.metrics, order, labels, None)),
        by_speaker=tuple(by_speaker),
        floors=tuple(_entries(counted, settings.metrics, outline.floors, labels, None)),
        failures=_failures([row for row in failed if not row.reason.startswith(NOT_MEASURED)]),
        not_measured=_not_measured(failed, outline.left_out),
    )


def metric_info(name: str) -> MetricInfo:
    """What a document says of a metric."""
    metric = BY_NAME[name]
    return MetricInfo(metric.name, metric.label, metric.unit, metric.better, metric.about)


def _entries(
    rows: Iterable[Row],
    metrics: Sequence[str],
    variants: Sequence[str],
    labels: Mapping[str, str],
    speaker: str | None,
) -> list[Entry]:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.reason.startswith(NOT_MEASURED):
            groups[row.metric, row.variant].append(row)
    entries = []
    for metric in metrics:
        base = {_place(row): row for row in groups[metric, BASELINE.name] if row.value is not None}
        for variant in variants:
            group = groups[metric, variant]
            if not group:
                continue
            good = [row for row in group if row.value is not None]
            found = _pool(good)
            paired = [(row, base[_place(row)]) for row in good if _place(row) in base]
            entries.append(
                Entry(
                    metric=metric,
                    label=BY_NAME[metric].label,
                    variant=variant,
                    variant_label=labels.get(variant, variant),
                    speaker=speaker,
                    mean=found.mean if found else None,
                    ci95=found.ci95 if found else None,
                    n=found.n if found else 0,
                    sentences=found.sentences if found else 0,
                    failed=len(group) - len(good),
                    difference=_difference(paired) if variant != BASELINE.name else None,
                )
            )
    return entries


def _place(row: Row) -> tuple[str, int]:
    return row.speaker, row.sentence


def _pool(rows: Sequence[Row]) -> Estimate | None:
    values = [row.value for row in rows if row.value is not None]
    return pooled(values, [row.weight for row in rows], [row.sentence for row in rows])


def _difference(pairs: Sequence[tuple[Row, Row]]) -> Estimate | None:
    values = [
        one.value - base.value for one, base in pairs if one.value is not None and base.value is not None
    ]
    return pooled(values, [one.weight for one, _ in pairs], [one.sentence for one, _ in pairs])


def _failures(rows: Sequence[Row]) -> tuple[Failure, ...]:
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in sorted(rows):
        groups[row.metric, row.variant, row.reason].append(f"{row.speaker}/{row.sentence}")
    return tuple(
        Failure(*group, count=len(where), examples=tuple(where[:EXAMPLES]))
        for group, where in sorted(groups.items())
    )


def _not_measured(rows: Sequence[Row], left_out: Mapping[str, str]) -> tuple[NotMeasured, ...]:
    told = Counter(
        (row.metric, row.variant, row.reason) for row in rows if row.reason.startswith(NOT_MEASURED)
    )
    return (
        *(NotMeasured(metric, "*", reason) for metric, reason in left_out.items()),
        *(
            NotMeasured(metric, variant, reason.removeprefix(NOT_MEASURED).strip())
            for metric, variant, reason in sorted(told)
        ),
    )
