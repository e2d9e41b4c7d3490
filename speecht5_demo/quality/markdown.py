"""An evaluation and a sweep as Markdown and pictures, for a README: every figure from the files that commands wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from speecht5_demo.files import write_text
from speecht5_demo.quality.page import lead, summary_rows
from speecht5_demo.quality.plots import MetricPicture
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.sweep_page import conditions, floor_rows, verdict
from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.rendering.units import shown
from speecht5_demo.rendering.wording import counted, megabytes
from speecht5_demo.results import EvaluationDocument, SweepDocument, SweepPoint
from speecht5_demo.variants import BASELINE

PICTURED = ("pesq", "wer")


def evaluation_markdown(document: EvaluationDocument) -> str:
    """Metrics down, variants across; below it what it was measured on."""
    failed = counted(sum(one.count for one in document.failures), "measurement")
    return (
        f"{markdown_table(['metric', *document.labels.values()], summary_rows(document))}\n\n{lead(document)} "
        "In brackets: 95 % bootstrap intervals over sentences. The last columns are floors: how small a difference "
        f"can get here, and what the recogniser makes of the voice's teacher. {failed} failed or carry a remark; "
        "predicted MOS is a network's guess, not an opinion."
    )


def pairs_markdown(documents: Sequence[EvaluationDocument]) -> str:
    """Word errors of each variant against the baseline's on the same utterances, by how many seeds each was heard."""
    head = [
        "variant",
        "dropout seeds",
        "baseline, %",
        "variant, %",
        "difference, points",
        "95 % interval",
        "wide",
        "pairs",
    ]
    rows = []
    for document in documents:
        for entry in document.rows:
            base, found = document.entry("wer", BASELINE.name), entry.difference
            if entry.metric != "wer" or base is None or found is None or found.ci95 is None:
                continue
            low, high = found.ci95
            rows.append(
                [
                    entry.variant_label,
                    str(document.settings.seeds),
                    None if base.mean is None else shown(base.mean, "share"),
                    None if entry.mean is None else shown(entry.mean, "share"),
                    f"{100 * found.mean:+.1f}",
                    f"{100 * low:+.1f} to {100 * high:+.1f}",
                    f"{100 * (high - low):.1f}",
                    str(found.n),
                ]
            )
    return (
        f"{markdown_table(head, rows)}\n\nVariant minus baseline on the same sentences, speakers and seeds; with "
        "several seeds the errors of an utterance are averaged before it is paired. Bootstrap over sentences."
    )


def sweep_markdown(document: SweepDocument) -> str:
    """One line a point, and where the voice breaks."""
    head = [
        "pruned",
        "WER, %",
        "PESQ, length-locked",
        "did not stop, %",
        "RTF",
        "on disk, MB",
        "compressed, MB",
    ]
    rows = [
        [
            f"{point.amount:.0%}",
            _mean(point, "wer", "share"),
            _mean(point, "pesq", "MOS-LQO"),
            _mean(point, "stop", "share"),
            f"{point.rtf:.3f}" if document.timed_alone else None,
            megabytes(point.sizes.disk_bytes),
            megabytes(point.sizes.zip_bytes),
        ]
        for point in document.points
    ]
    rows += floor_rows(document, ("wer", "pesq", "stop"))
    return f"{markdown_table(head, rows, numbers=0)}\n\n{verdict(document)} {conditions(document)}"


def write_pictures(document: EvaluationDocument, rows: Sequence[Row], folder: Path) -> dict[str, Path]:
    """SVG files of the metrics that a README shows; title -> file."""
    written = {}
    for metric in document.metrics:
        picture = MetricPicture(metric, document.shown, rows)
        if metric.name in PICTURED and picture:
            written[metric.label] = write_text(
                folder / f"quality-{metric.name}.svg", picture.for_file(), parents=True
            )
    return written


def _mean(point: SweepPoint, metric: str, unit: str) -> str | None:
    mean = point.mean(metric)
    return None if mean is None else shown(mean, unit)
