"""A benchmark as Markdown tables. A second one of another thread count stands in brackets beside the first.

On a shared machine one pinned processor is steady and two often are not: threads wait for each other whenever one of
them loses its turn. A ratio whose rounds spread too far is left out instead of being printed as if it were one.
"""

from __future__ import annotations

from pathlib import Path

from speecht5_demo.benchmark.holding import NOT_HELD
from speecht5_demo.errors import ResultsError
from speecht5_demo.rendering.markdown_table import has_section, markdown_table, write_section
from speecht5_demo.rendering.wording import counted, megabytes
from speecht5_demo.results import BenchmarkDocument, Spread, Timings, VariantRow

STABLE_WITHIN = 0.15
"""The most that a ratio's 10th and 90th percentile may differ, as a share of its median."""


def speed_table(document: BenchmarkDocument, other: BenchmarkDocument | None = None) -> str:
    """What was measured, on what, in which versions; another thread count's ratios in brackets.

    Raises:
        ResultsError: the documents differ in more than threads, rounds and date.
    """
    in_brackets = bracketed(document, other)
    head = ["variant", "RTF (p10–p90)", "times faster (p10–p90)", "ms a step", "first audio, ms", "on disk, MB",
            "serving memory, MB"]  # fmt: skip
    rows = [
        [
            row.variant,
            _spread(row.rtf, 3),
            _spread(row.times_faster, 2) + in_brackets.get(row.variant, ""),
            f"{row.ms_per_step:.2f}",
            f"{1e3 * row.ttfa_s:.0f}" if isinstance(row, VariantRow) else None,
            megabytes(row.disk_bytes, 0),
            megabytes(row.serving_rss_bytes, 0),
        ]
        for row in document.all_rows
    ]
    return f"{markdown_table(head, rows)}\n\n{conditions(document)}{about_brackets(other)}"


def batch_table(document: BenchmarkDocument) -> str:
    """Throughput against the batch size; the vocoder does not batch, so the rest stands beside the whole."""
    rows = [
        [row.variant, point.size, f"{point.rtf:.3f}", f"{point.acoustic_rtf:.3f}"]
        for row in document.rows
        for point in row.batch
    ]
    return markdown_table(["variant", "utterances at once", "RTF", "RTF without vocoder"], rows)


def length_table(document: BenchmarkDocument) -> str:
    """Cost against the length of the text; attention apart from the rest of a step where an engine tells it."""
    rows = []
    for row in document.rows:
        for point in row.length:
            attention = point.attention_ms_per_step
            parts = [None, None] if attention is None else [attention, point.ms_per_step - attention]
            rows.append(
                [
                    row.variant,
                    point.characters,
                    point.steps,
                    f"{point.total_s:.2f}",
                    f"{point.rtf:.3f}",
                    f"{point.ms_per_step:.2f}",
                    *(None if part is None else f"{part:.2f}" for part in parts),
                ]
            )
    head = ["variant", "characters", "steps", "seconds", "RTF", "ms a step", "of it attention", "the rest"]
    return markdown_table(head, rows)


def write_tables(page: Path, document: BenchmarkDocument, other: BenchmarkDocument | None = None) -> None:
    """Fill the marked sections of a Markdown file: `benchmark`, and `batches` and `lengths` where it has them.

    Raises:
        ResultsError: the file has no mark for the benchmark, or the documents are not of the same thing.
    """
    write_section(page, "benchmark", speed_table(document, other))
    for name, table in (("batches", batch_table), ("lengths", length_table)):
        if has_section(page, name):
            write_section(page, name, table(document))


def conditions(document: BenchmarkDocument) -> str:
    """One paragraph: machine, versions, sentence, rounds."""
    machine, settings = document.machine, document.settings
    kernels = sorted({row.kernels for row in document.rows if row.kernels != "transformers"})
    peers = "; ".join(
        f"{row.variant} ({row.note}): "
        + ", ".join(f"{name} {number}" for name, number in row.versions.items())
        for row in document.peers
    )
    return (
        f"Measured {document.created[:10]} on {machine.cpu} ({', '.join(machine.capabilities)}), "
        f"{counted(settings.threads, 'thread')} pinned; torch {machine.torch}, transformers {machine.transformers}, "
        f"Python {machine.python}; checkpoint `{document.checkpoint.spec}`, {settings.characters} characters and "
        f"{settings.steps} decoder steps ({settings.audio_s:.1f} s of audio), median of {settings.repeats} "
        f"interleaved rounds. RTF: seconds of computing a second of audio, vocoder included. Times faster: than "
        f"{settings.baseline}, round by round. First audio: until samples can be played, text encoding included. "
        f"Serving memory: the most the process ever held, start included. Turbo kernels: {'; '.join(kernels) or '–'}."
        f"{_held(document)}" + (f" Peers: {peers}." if peers else "")
    )


def bracketed(document: BenchmarkDocument, other: BenchmarkDocument | None) -> dict[str, str]:
    """The other document's ratio of each variant as ` [3.90]`; nothing for one that it lacks or that is not stable.

    Raises:
        ResultsError: the documents differ in more than threads, rounds and date.
    """
    if other is None:
        return {}
    _check(document, other)
    return {row.variant: f" [{row.times_faster.median:.2f}]" for row in other.all_rows if _stable(row)}


def _held(document: BenchmarkDocument) -> str:
    if not document.settings.held:
        return ""
    level = document.settings.level
    if document.settings.every_library_held:
        return f" Held to {level}: the processor told every library that it has no more."
    return f" Held to {level} where libraries can be; {NOT_HELD}."


def about_brackets(other: BenchmarkDocument | None) -> str:
    """A sentence on what stands in brackets, and what does not."""
    if other is None:
        return ""
    unstable = [row.variant for row in other.all_rows if not _stable(row)]
    left_out = f"; left out, as they spread further: {', '.join(unstable)}" if unstable else ""
    return (
        f" In brackets: with {counted(other.settings.threads, 'thread')}, median of {other.settings.repeats} rounds "
        f"({other.created[:10]}), where the 10th and 90th percentile lie within {STABLE_WITHIN:.0%} of the "
        f"median{left_out}."
    )


def _spread(found: Spread, digits: int) -> str:
    return f"{found.median:.{digits}f} ({found.p10:.{digits}f}–{found.p90:.{digits}f})"


def _stable(row: Timings) -> bool:
    ratio = row.times_faster
    return ratio.p90 - ratio.p10 <= STABLE_WITHIN * ratio.median


def _check(document: BenchmarkDocument, other: BenchmarkDocument) -> None:
    def facts(one: BenchmarkDocument) -> dict[str, object]:
        settings = one.settings
        return {
            "checkpoint": one.checkpoint.spec,
            "CPU": one.machine.cpu,
            "baseline": settings.baseline,
            "characters": settings.characters,
            "steps": settings.steps,
        }

    first, second = facts(document), facts(other)
    if differing := [name for name in first if first[name] != second[name]]:
        name = differing[0]
        raise ResultsError(
            f"The second document cannot stand in brackets: its {name} is {second[name]}, the first one's "
            f"{first[name]}. Measure both on one machine with the same settings but --threads."
        )
    if document.settings.threads == other.settings.threads:
        raise ResultsError(
            f"Both documents are of {counted(other.settings.threads, 'thread')}. Measure one with another --threads."
        )
