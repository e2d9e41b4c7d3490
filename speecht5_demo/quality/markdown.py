"""An evaluation and a sweep as Markdown and pictures, for a README: every figure from the files that commands wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from speecht5_demo.files import write_text
from speecht5_demo.quality.page import lead
from speecht5_demo.quality.plots import metric_picture, shown, unit_shown
from speecht5_demo.quality.records import Row
from speecht5_demo.quality.sweep_page import verdict

PICTURED = ("pesq", "wer")
MEGABYTE = 1e6


def evaluation_markdown(summary: Mapping[str, Any]) -> str:
    """Variants down, metrics across; below it what it was measured on."""
    metrics = summary["metrics"]
    every = [*summary["rows"], *summary["floors"]]
    cells = {(entry["metric"], entry["variant"]): entry for entry in every}
    variants = {entry["variant"]: entry["variant_label"] for entry in every}
    lines = [
        "| metric | " + " | ".join(variants.values()) + " |",
        "|---|" + "---:|" * len(variants),
    ]
    for metric in metrics:
        found = [_cell(cells.get((metric["name"], variant)), metric["unit"]) for variant in variants]
        lines.append(f"| {metric['label']}, {unit_shown(metric['unit'])} | " + " | ".join(found) + " |")
    failed = sum(one["count"] for one in summary["failures"])
    return "\n".join(
        [
            *lines,
            "",
            f"{lead(summary)} In brackets: 95 % bootstrap intervals over sentences. The last columns are floors: how "
            "small a difference can get here, and what the recogniser makes of the voice's teacher. "
            f"{failed} measurements failed or carry a remark; predicted MOS is a network's guess, not an opinion.",
        ]
    )


def sweep_markdown(document: Mapping[str, Any]) -> str:
    """One line a point, and where the voice breaks."""
    lines = [
        "| pruned | WER, % | PESQ, length-locked | did not stop, % | RTF | on disk, MB | compressed, MB |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for point in document["points"]:
        quality, sizes = point["quality"], point["sizes"]
        cells = [
            f"{point['amount']:.0%}",
            _mean(quality, "wer", "share"),
            _mean(quality, "pesq", "MOS-LQO"),
            _mean(quality, "stop", "share"),
            f"{point['rtf']:.3f}",
            f"{sizes['disk_bytes'] / MEGABYTE:.1f}",
            f"{sizes['zip_bytes'] / MEGABYTE:.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", verdict(document)])


def write_pictures(summary: Mapping[str, Any], rows: Sequence[Row], folder: Path) -> dict[str, Path]:
    """SVG files of the metrics that a README shows; title -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for metric in summary["metrics"]:
        name = metric["name"]
        entries = [entry for entry in (*summary["rows"], *summary["floors"]) if entry["metric"] == name]
        if name in PICTURED and any(entry["mean"] is not None for entry in entries):
            path = folder / f"quality-{name}.svg"
            write_text(
                path, metric_picture(name, metric, entries, [row for row in rows if row.metric == name])
            )
            written[metric["label"]] = path
    return written


def _cell(entry: Mapping[str, Any] | None, unit: str) -> str:
    if entry is None:
        return "–"
    if entry["mean"] is None:
        return f"failed ({entry['failed']})"
    text = shown(entry["mean"], unit)
    if entry["ci95"]:
        text += " [" + ", ".join(shown(end, unit) for end in entry["ci95"]) + "]"
    return text


def _mean(quality: Mapping[str, Any], metric: str, unit: str) -> str:
    mean = (quality.get(metric) or {}).get("mean")
    return "–" if mean is None else shown(mean, unit)
