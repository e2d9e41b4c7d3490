"""`summary.json`: what an evaluation found, in a form that other programs may rely on.

    schema              1 created             UTC time, ISO 8601 machine             as
    `speecht5_demo.machine.Machine` versions            of the measuring libraries, by distribution name
    checkpoint          {spec, title, digest} settings            as `settings.json`: variants with their
    steps, speakers, sentences, metrics, asr, seed, ... utterances          how many (sentence, speaker) pairs
    each variant spoke metrics             [{name, label, unit, better, about}], in order rows
    [Entry], one a (metric, variant), the baseline first by_speaker          [Entry] with `speaker` set floors
    [Entry] of the pseudo-variants `floor:...`: how small a figure can get here failures            [{metric,
    variant, reason, count, examples: ["speaker/sentence", ...]}] not_measured        [{metric, variant,
    reason}]: what a variant's engine or this machine cannot give

Entry: {metric, label, variant, variant_label, speaker, mean, ci95: [low, high] | null, n, sentences, failed,
difference: {mean, ci95, n, sentences} | null}. `mean` is in the metric's unit (a share is 0 to 1) and null
where every utterance failed; `difference` is variant minus baseline over the utterances that both have.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.files import write_json
from speecht5_demo.machine import this_machine
from speecht5_demo.quality.intervals import Estimate, pooled
from speecht5_demo.quality.metrics import BY_NAME, library_versions
from speecht5_demo.quality.plan import FLOORS, Settings
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.subject import NOT_MEASURED
from speecht5_demo.variants import BASELINE

SCHEMA = 1
SUMMARY = "summary.json"
EXAMPLES = 3


@dataclass(frozen=True)
class Entry:
    """One metric of one variant; see the module's docstring for the JSON it becomes.

    Attributes:
        metric, label: name and title of the metric.
        variant, variant_label: name and title of the variant or floor.
        speaker: whose utterances; None for all.
        mean, ci95, n, sentences: as `Estimate`; mean is None where nothing could be measured.
        failed: utterances without a value.
        difference: variant minus baseline over utterances that both have, None for the baseline.
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


def summarise(
    rows: Sequence[Row], settings: Settings, checkpoint: Checkpoint, left_out: Mapping[str, str]
) -> dict[str, Any]:
    """The summary of an evaluation's rows.

    Args:
        rows: of one folder.
        settings: of the run.
        checkpoint: that spoke.
        left_out: metric -> why it was not attempted at all.
    """
    labels = {BASELINE.name: BASELINE.label, **{one.name: one.label for one in settings.variants}, **FLOORS}
    order = [BASELINE.name, *(one.name for one in settings.variants if one.name != BASELINE.name)]
    numbers = {sentence.number for sentence in settings.sentences}
    speakers = [speaker.name for speaker in settings.speakers]
    counted = [row for row in rows if row.sentence in numbers and row.speaker in speakers]
    entries = _entries(counted, settings.metrics, order, labels, None)
    failed = [row for row in counted if row.reason]
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(this_machine()),
        "versions": library_versions(),
        "checkpoint": {
            "spec": checkpoint.spec,
            "title": checkpoint.title,
            "digest": checkpoint.digest,
        },
        "settings": settings.document(),
        "utterances": len(numbers) * len(speakers),
        "metrics": [_metric(name) for name in settings.metrics],
        "rows": [asdict(entry) for entry in entries],
        "by_speaker": [
            asdict(entry)
            for speaker in speakers
            for entry in _entries(
                [row for row in counted if row.speaker == speaker], settings.metrics, order, labels, speaker
            )
        ],
        "floors": [
            asdict(entry) for entry in _entries(counted, settings.metrics, settings.floors, labels, None)
        ],
        "failures": _failures([row for row in failed if not row.reason.startswith(NOT_MEASURED)]),
        "not_measured": _not_measured(failed, left_out),
    }


def write_summary(summary: Mapping[str, Any], folder: Path) -> Path:
    """Write `summary.json`, whole or not at all."""
    return write_json(folder / SUMMARY, summary)


def read_summary(path: Path) -> dict[str, Any]:
    """The summary in a folder, or in the file itself.

    Raises:
        QualityError: when there is none, or it is of another schema.
    """
    file = path / SUMMARY if path.is_dir() else path
    try:
        summary: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise QualityError(
            f"{file} is no summary of an evaluation ({error}). Run `evaluate` first."
        ) from error
    if summary.get("schema") != SCHEMA:
        raise QualityError(
            f"{file} has schema {summary.get('schema')}, this version reads {SCHEMA}. Run it again."
        )
    return summary


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


def _metric(name: str) -> dict[str, str]:
    metric = BY_NAME[name]
    return {key: getattr(metric, key) for key in ("name", "label", "unit", "better", "about")}


def _failures(rows: Sequence[Row]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in sorted(rows):
        groups[row.metric, row.variant, row.reason].append(f"{row.speaker}/{row.sentence}")
    return [
        {
            "metric": metric,
            "variant": variant,
            "reason": reason,
            "count": len(where),
            "examples": where[:EXAMPLES],
        }
        for (metric, variant, reason), where in sorted(groups.items())
    ]


def _not_measured(rows: Sequence[Row], left_out: Mapping[str, str]) -> list[dict[str, Any]]:
    told = Counter(
        (row.metric, row.variant, row.reason) for row in rows if row.reason.startswith(NOT_MEASURED)
    )
    found = [{"metric": metric, "variant": "*", "reason": reason} for metric, reason in left_out.items()]
    return found + [
        {"metric": metric, "variant": variant, "reason": reason.removeprefix(NOT_MEASURED).strip()}
        for metric, variant, reason in sorted(told)
    ]
