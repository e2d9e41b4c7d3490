"""A measured document as a table for people and a picture of speed against size."""

from __future__ import annotations

from html import escape
from math import log10
from pathlib import Path
from typing import Any

from speecht5_demo.benchmark.comparison import about_brackets, bracketed
from speecht5_demo.readme import write_section

Document = dict[str, Any]


def markdown_table(document: Document, other: Document | None = None) -> str:
    """The README's table: what was measured, on what, in which versions; another thread count's ratios in brackets."""
    beside = bracketed(document, other)
    lines = [
        "| variant | RTF (p10–p90) | times faster (p10–p90) | ms a step | first audio | on disk | serving memory |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in [*document["rows"], *document["peers"]]:
        rtf, ratio = row["rtf"], row["ratio_to_baseline"]
        disk = row.get("sizes", {}).get("disk_bytes") or row.get("disk_bytes")
        ttfa = row.get("ttfa_s")
        cells = (
            row["variant"],
            f"{rtf['median']:.3f} ({rtf['p10']:.3f}–{rtf['p90']:.3f})",
            f"{ratio['median']:.2f} ({ratio['p10']:.2f}–{ratio['p90']:.2f}){beside.get(row['variant'], '')}",
            f"{row['ms_per_step']:.2f}",
            "–" if ttfa is None else f"{1e3 * ttfa:.0f} ms",
            "–" if disk is None else f"{disk / 1e6:.0f} MB",
            f"{row['serving_rss_bytes'] / 1e6:.0f} MB",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", conditions(document) + about_brackets(other)])


def conditions(document: Document) -> str:
    """One paragraph: machine, versions, sentence, rounds."""
    machine, settings = document["machine"], document["settings"]
    kernels = sorted({row["kernels"] for row in document["rows"] if row["kernels"] != "transformers"})
    peers = "; ".join(
        f"{row['variant']}: " + ", ".join(f"{name} {number}" for name, number in row["versions"].items())
        for row in document["peers"]
    )
    return (
        f"Measured {document['measured_at'][:10]} on {machine['cpu']} ({', '.join(machine['capabilities'])}), "
        f"{settings['threads']} thread(s) pinned; torch {machine['torch']}, transformers {machine['transformers']}, "
        f"Python {machine['python']}; checkpoint `{document['checkpoint']}`, {settings['characters']} characters and "
        f"{settings['steps']} decoder steps ({settings['audio_s']:.1f} s of audio), median of {settings['repeats']} "
        f"interleaved rounds. RTF: seconds of computing a second of audio, vocoder included. Times faster: than "
        f"{settings['baseline']}, round by round. First audio: until samples can be played, text encoding included. "
        f"Serving memory: the most the process ever held, start included. Turbo kernels: {'; '.join(kernels) or '–'}."
        + (f" Peers: {peers}." if peers else "")
    )


def write_tables(page: Path, document: Document, other: Document | None = None) -> None:
    """Fill the marked sections of a Markdown file: `benchmark`, and `batches` and `lengths` where it has them.

    Raises:
        DemoError: the file has no mark for the benchmark, or the documents are not of the same thing.
    """
    write_section(page, "benchmark", markdown_table(document, other))
    text = page.read_text(encoding="utf-8")
    for name, made in (("batches", batch_table(document)), ("lengths", length_table(document))):
        if f"begin table: {name}" in text:
            write_section(page, name, made)


def batch_table(document: Document) -> str:
    """Throughput against the batch size; the vocoder does not batch, so the rest stands beside the whole."""
    lines = ["| variant | utterances at once | RTF | RTF without vocoder |", "|---|---:|---:|---:|"]
    lines += [
        f"| {row['variant']} | {point['size']} | {point['rtf']:.3f} | {point['acoustic_rtf']:.3f} |"
        for row in document["rows"]
        for point in row["batch"]
    ]
    return "\n".join(lines)


def length_table(document: Document) -> str:
    """Cost against the length of the text; attention apart from the rest of a step where an engine tells it."""
    lines = [
        "| variant | characters | steps | seconds | RTF | ms a step | of it attention | the rest |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in document["rows"]:
        for point in row["length"]:
            attention = point.get("attention_ms_per_step")
            parts = ("–", "–") if attention is None else (attention, point["ms_per_step"] - attention)
            lines.append(
                f"| {row['variant']} | {point['characters']} | {point['steps']} | {point['total_s']:.2f} | "
                f"{point['rtf']:.3f} | {point['ms_per_step']:.2f} | "
                + " | ".join(part if isinstance(part, str) else f"{part:.2f}" for part in parts)
                + " |"
            )
    return "\n".join(lines)


def picture(document: Document) -> str:
    """An SVG of speed against size: right is faster, down is smaller; both axes logarithmic."""
    points = [
        (
            row["variant"],
            1.0 / row["rtf"]["median"],
            (row.get("sizes", {}).get("disk_bytes") or row.get("disk_bytes") or 0) / 1e6,
        )
        for row in [*document["rows"], *document["peers"]]
    ]
    points = [point for point in points if point[2]]
    width, height, left, top = 720, 420, 70, 30
    x, y = (_axis([point[index] for point in points]) for index in (1, 2))

    def place(speed: float, size: float) -> tuple[float, float]:
        across = (log10(speed) - x[0]) / (x[1] - x[0])
        up = (log10(size) - y[0]) / (y[1] - y[0])
        return left + across * (width - left - 150), height - 60 - up * (height - 60 - top)

    drawn = []
    for name, speed, size in points:
        across, down = place(speed, size)
        colour = "#c2410c" if name.startswith("turbo") else "#475569"
        drawn.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="6" fill="{colour}"/>')
        drawn.append(
            f'<text x="{across + 10:.1f}" y="{down + 4:.1f}" fill="currentColor">{escape(name)}: '
            f"{speed:.1f}×, {size:.0f} MB</text>"
        )
    machine = escape(document["machine"]["cpu"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="sans-serif" font-size="12" color="#1e293b">'
        f"<title>Speed against size of each variant on {machine}</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        f'<path d="M{left} {top}V{height - 45}H{width - 20}" fill="none" stroke="#94a3b8"/>'
        f'<text x="{width / 2:.0f}" y="{height - 15}" text-anchor="middle">seconds of audio a second of computing '
        f"({document['settings']['threads']} thread, {machine})</text>"
        f'<text x="18" y="{height / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 18 {height / 2:.0f})">MB on disk</text>' + "".join(drawn) + "</svg>\n"
    )


def _axis(values: list[float]) -> tuple[float, float]:
    """Logarithms that the axis spans, with some room."""
    low, high = log10(min(values)), log10(max(values))
    room = max(0.08, 0.08 * (high - low))
    return low - room, high + room
