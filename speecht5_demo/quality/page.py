"""The page of an evaluation: one HTML file that needs nothing beside it but the audio it plays."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from speecht5_demo.files import write_text
from speecht5_demo.quality.measurer import PLAYED, audio_file
from speecht5_demo.quality.plots import MetricPicture
from speecht5_demo.quality.records import Row
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.page import page, player
from speecht5_demo.rendering.units import shown, shown_interval, unit_shown
from speecht5_demo.rendering.wording import counted
from speecht5_demo.results import Entry, EvaluationDocument

PAGE = "index.html"
READ_THIS = (
    "Lengths, pauses and pitch differ between free runs, so PESQ and STOI are taken of pairs that are aligned by "
    "construction: each variant is driven frame by frame along the baseline's spectrogram. A floor says how small "
    "a difference can get: the baseline against itself under another dropout seed, and the recogniser on "
    "recordings or on the voice's teacher. Intervals are 95 % bootstrap intervals over sentences. A predicted MOS "
    "is a network's guess and is never mixed with listeners."
)


def write_page(document: EvaluationDocument, rows: Sequence[Row], folder: Path) -> Path:
    """Write `index.html`, whole or not at all."""
    return write_text(folder / PAGE, evaluation_page(document, rows, folder), parents=True)


def evaluation_page(document: EvaluationDocument, rows: Sequence[Row], folder: Path) -> str:
    """The page as HTML; `folder` is where its audio lies."""
    sections = [
        ("What was found", summary_piece(document) + f"<p>{html.escape(READ_THIS)}</p>"),
        ("Metric by metric", charts_piece(document, rows)),
        ("Against the baseline, utterance by utterance", differences_piece(document)),
        ("Hear it", _audio_piece(document, folder)),
        ("What failed", _failures_piece(document)),
        ("How it was measured", _methods_piece(document)),
    ]
    return page("Objective quality", lead(document), sections)


def lead(document: EvaluationDocument) -> str:
    """What was measured, on what, in one sentence."""
    settings = document.settings
    asr = settings.asr + (f" ({settings.asr_source})" if settings.asr_source else "")
    many = settings.seeds > 1
    seeds = f", word errors of an utterance averaged over {settings.seeds} dropout seeds" if many else ""
    return (
        f"{document.checkpoint.title}: {counted(len(settings.sentences), 'sentence')} by "
        f"{', '.join(settings.speakers)}; recogniser {asr}{seeds}; {document.machine.cpu}, {document.created[:10]}."
    )


def cell(entry: Entry | None, unit: str) -> str | None:
    """A mean and its interval, or how many failed; None where nothing was measured."""
    if entry is None:
        return None
    if entry.mean is None:
        return f"failed ({entry.failed})"
    ends = f" [{', '.join(shown(end, unit) for end in entry.ci95)}]" if entry.ci95 else ""
    return shown(entry.mean, unit) + ends


def summary_rows(document: EvaluationDocument) -> list[list[str | None]]:
    """Metrics down, variants across, each cell a mean and its interval."""
    return [
        [
            f"{metric.label}, {unit_shown(metric.unit)}",
            *(cell(document.entry(metric.name, name), metric.unit) for name in document.labels),
        ]
        for metric in document.metrics
    ]


def summary_piece(document: EvaluationDocument) -> str:
    """The summary as a table."""
    head = ["Metric", *document.labels.values()]
    return table("Means and 95 % intervals over sentences", head, summary_rows(document))


def differences_piece(document: EvaluationDocument) -> str:
    """Variant minus baseline on the same sentences and speakers."""
    units = {metric.name: metric.unit for metric in document.metrics}
    body = []
    for entry in document.rows:
        found, unit = entry.difference, units[entry.metric]
        if found is not None:
            name = f"{entry.label}, {unit_shown(unit)}"
            ends = shown_interval(found.ci95, unit)
            body.append([name, entry.variant_label, shown(found.mean, unit), ends, found.n])
    head = ["Metric", "Variant", "difference", "95 % interval", "pairs"]
    return table("Variant minus baseline", head, body, numbers=2) if body else ""


def charts_piece(document: EvaluationDocument, rows: Sequence[Row]) -> str:
    """A chart for each metric that has a value."""
    pieces = []
    for metric in document.metrics:
        if picture := MetricPicture(metric, document.shown, rows):
            chart, about = picture.for_page(f"q-{metric.name}"), html.escape(metric.about)
            pieces.append(f"<h3>{html.escape(metric.label)}</h3>{chart}<p class='key'>{about}</p>")
    return "".join(pieces)


def _audio_piece(document: EvaluationDocument, folder: Path) -> str:
    variants = {entry.variant: entry.variant_label for entry in document.rows}
    pieces = []
    for number, text in enumerate(document.settings.sentences[:PLAYED], start=1):
        for speaker in document.settings.speakers:
            files = {label: audio_file(folder, name, speaker, number) for name, label in variants.items()}
            players = [
                player(label, path.relative_to(folder).as_posix())
                for label, path in files.items()
                if path.exists()
            ]
            if players:
                pieces.append(f"<h3>{html.escape(speaker)}: {html.escape(text)}</h3>{''.join(players)}")
    return "".join(pieces)


def _failures_piece(document: EvaluationDocument) -> str:
    piece = "<p>Every measurement that was tried gave a value.</p>"
    if document.failures:
        head = ["Metric", "Variant", "utterances", "why", "such as"]
        rows = [
            [one.metric, one.variant, one.count, one.reason, ", ".join(one.examples)]
            for one in document.failures
        ]
        piece = table("Utterances without a value, or with a remark", head, rows)
    left = [[one.metric, one.variant, one.reason] for one in document.not_measured]
    return piece + (table("Not measured", ["Metric", "Variant", "why"], left) if left else "")


def _methods_piece(document: EvaluationDocument) -> str:
    machine, checkpoint = document.machine, document.checkpoint
    facts = [
        ("checkpoint", f"{checkpoint.title} ({checkpoint.spec}), SHA-256 {checkpoint.digest}"),
        ("seed", document.settings.seed),
        ("machine", f"{machine.cpu}, {counted(machine.cores, 'core')}, {machine.system}"),
        ("software", f"Python {machine.python}, torch {machine.torch}, transformers {machine.transformers}"),
        ("libraries", ", ".join(f"{name} {version}" for name, version in document.versions.items())),
        ("made", document.created),
    ]
    about = [[metric.label, metric.about] for metric in document.metrics]
    return table("Metrics", ["Metric", "how"], about, numbers=9) + table(
        "Run", ["What", "value"], facts, numbers=9
    )
