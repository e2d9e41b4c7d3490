"""The page of an evaluation: one HTML file that needs nothing beside it but the audio it plays."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speecht5_demo.files import write_text
from speecht5_demo.quality.measurer import PLAYED, audio_file
from speecht5_demo.quality.plots import metric_chart, shown, unit_shown
from speecht5_demo.quality.records import Row
from speecht5_demo.report.document import page
from speecht5_demo.report.tables import table

PAGE = "index.html"
READ_THIS = (
    "Lengths, pauses and pitch differ between free runs, so PESQ and STOI are taken of pairs that are aligned by "
    "construction: each variant is driven frame by frame along the baseline's spectrogram. A floor says how small "
    "a difference can get: the baseline against itself under another dropout seed, and the recogniser on "
    "recordings or on the voice's teacher. Intervals are 95 % bootstrap intervals over sentences. A predicted MOS "
    "is a network's guess and is never mixed with listeners."
)


def write_page(summary: Mapping[str, Any], rows: Sequence[Row], folder: Path) -> Path:
    """Write `index.html`, whole or not at all."""
    return write_text(folder / PAGE, evaluation_page(summary, rows, folder))


def evaluation_page(summary: Mapping[str, Any], rows: Sequence[Row], folder: Path) -> str:
    """The page as HTML; `folder` is where its audio lies."""
    sections = [
        ("What was found", summary_piece(summary) + f"<p>{html.escape(READ_THIS)}</p>"),
        ("Metric by metric", charts_piece(summary, rows)),
        ("Against the baseline, utterance by utterance", differences_piece(summary)),
        ("Hear it", _audio_piece(summary, folder)),
        ("What failed", _failures_piece(summary)),
        ("How it was measured", _methods_piece(summary)),
    ]
    body = "".join(f"<section><h2>{title}</h2>{piece}</section>" for title, piece in sections if piece)
    return page("Objective quality", lead(summary), body)


def lead(summary: Mapping[str, Any]) -> str:
    """What was measured, on what, in one sentence."""
    settings, machine = summary["settings"], summary["machine"]
    speakers = ", ".join(settings["speakers"])
    return (
        f"{summary['checkpoint']['title']}: {len(settings['sentences'])} sentences by {speakers}; recogniser "
        f"{settings['asr']}; {machine['cpu']}, {summary['created'][:10]}."
    )


def summary_piece(summary: Mapping[str, Any]) -> str:
    """Metrics down, variants across, each cell a mean and its interval."""
    every = [*summary["rows"], *summary["floors"]]
    names = {entry["variant"]: entry["variant_label"] for entry in every}
    cells = {(entry["metric"], entry["variant"]): entry for entry in every}
    body = [
        [
            f"{metric['label']}, {unit_shown(metric['unit'])}",
            *(_cell(cells.get((metric["name"], name)), metric["unit"]) for name in names),
        ]
        for metric in summary["metrics"]
    ]
    return table("Means and 95 % intervals over sentences", ["Metric", *names.values()], body)


def differences_piece(summary: Mapping[str, Any]) -> str:
    """Variant minus baseline on the same sentences and speakers."""
    units = {metric["name"]: metric["unit"] for metric in summary["metrics"]}
    body = []
    for entry in summary["rows"]:
        found = entry["difference"]
        if not found:
            continue
        unit = units[entry["metric"]]
        ends = " to ".join(shown(end, unit) for end in found["ci95"]) if found["ci95"] else None
        name = f"{entry['label']}, {unit_shown(unit)}"
        body.append([name, entry["variant_label"], shown(found["mean"], unit), ends, found["n"]])
    head = ["Metric", "Variant", "difference", "95 % interval", "pairs"]
    return table("Variant minus baseline", head, body, numbers=2) if body else ""


def charts_piece(summary: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """A chart for each metric that has a value."""
    pieces = []
    for metric in summary["metrics"]:
        name = metric["name"]
        entries = [entry for entry in (*summary["rows"], *summary["floors"]) if entry["metric"] == name]
        if any(entry["mean"] is not None for entry in entries):
            chart = metric_chart(f"q-{name}", metric, entries, [row for row in rows if row.metric == name])
            about = html.escape(metric["about"])
            pieces.append(f"<h3>{html.escape(metric['label'])}</h3>{chart}<p class='key'>{about}</p>")
    return "".join(pieces)


def _cell(entry: Mapping[str, Any] | None, unit: str) -> str | None:
    if entry is None:
        return None
    if entry["mean"] is None:
        return f"failed ({entry['failed']})"
    text = shown(entry["mean"], unit)
    if entry["ci95"]:
        text += " [" + ", ".join(shown(end, unit) for end in entry["ci95"]) + "]"
    return text


def _audio_piece(summary: Mapping[str, Any], folder: Path) -> str:
    variants = {entry["variant"]: entry["variant_label"] for entry in summary["rows"]}
    pieces = []
    for number, text in list(enumerate(summary["settings"]["sentences"], start=1))[:PLAYED]:
        for speaker in summary["settings"]["speakers"]:
            players = []
            for variant, label in variants.items():
                path = audio_file(folder, variant, speaker, number)
                if path.exists():
                    source = html.escape(path.relative_to(folder).as_posix(), quote=True)
                    players.append(
                        f'<p>{html.escape(label)}<br><audio controls preload="none" src="{source}"></audio></p>'
                    )
            if players:
                pieces.append(f"<h3>{html.escape(speaker)}: {html.escape(text)}</h3>{''.join(players)}")
    return "".join(pieces)


def _failures_piece(summary: Mapping[str, Any]) -> str:
    failed = [
        [one["metric"], one["variant"], one["count"], one["reason"], ", ".join(one["examples"])]
        for one in summary["failures"]
    ]
    left = [[one["metric"], one["variant"], one["reason"]] for one in summary["not_measured"]]
    piece = (
        table(
            "Utterances without a value, or with a remark",
            ["Metric", "Variant", "utterances", "why", "such as"],
            failed,
        )
        if failed
        else "<p>Every measurement that was tried gave a value.</p>"
    )
    return piece + (table("Not measured", ["Metric", "Variant", "why"], left) if left else "")


def _methods_piece(summary: Mapping[str, Any]) -> str:
    machine, checkpoint = summary["machine"], summary["checkpoint"]
    facts = [
        ("checkpoint", f"{checkpoint['title']} ({checkpoint['spec']}), SHA-256 {checkpoint['digest']}"),
        ("seed", summary["settings"]["seed"]),
        ("machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
        (
            "software",
            f"Python {machine['python']}, torch {machine['torch']}, transformers {machine['transformers']}",
        ),
        ("libraries", ", ".join(f"{name} {version}" for name, version in summary["versions"].items())),
        ("made", summary["created"]),
    ]
    about = [[metric["label"], metric["about"]] for metric in summary["metrics"]]
    return table("Metrics", ["Metric", "how"], about, numbers=9) + table(
        "Run", ["What", "value"], facts, numbers=9
    )
