"""The tables of docs/scale.md: how long a large run takes, and what listeners ask of a server.

They are arithmetic on figures that were measured, and on nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median

from speecht5_demo.errors import ResultsError
from speecht5_demo.listening.study import Study
from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.results import BenchmarkDocument, DistributedDocument, VariantRow

SPEAKERS, SENTENCES = 4, 10_000
PROCESSORS = 8
"""Of a machine that is taken as an example; the work is divided by utterances, so that it divides by processors."""
MACHINES = {"one laptop": 1, "ten machines": 10, "a hundred": 100}
LISTENERS = (10, 1_000, 100_000)
RATING_BYTES = 500
"""A row of a ratings file and its share of the session's, as `study simulate` writes them."""
SAMPLE_BYTES, RATE = 2, 16_000
SESSION_MINUTES = 5

_CROWD = re.compile(
    r"\| (?P<listeners>[\d,]+) listeners for (?P<seconds>[\d,]+) s [^|]*\|[^|]*\| (?P<ratings>[\d,]+) ratings, "
    r"median (?P<median>[\d,]+) ms, p95 (?P<p95>[\d,]+) ms"
)


@dataclass(frozen=True)
class Crowd:
    """Listeners that one server answered, as docs/attack.md tells.

    Attributes:
        listeners: at once.
        rate: ratings a second.
        p95_ms: within which 95 of 100 ratings were answered.
    """

    listeners: int
    rate: float
    p95_ms: int


def read_crowd(page: Path) -> Crowd:
    """What `make attack` wrote.

    Raises:
        ResultsError: the page has no such row.
    """
    found = _CROWD.search(page.read_text(encoding="utf-8")) if page.exists() else None
    if found is None:
        raise ResultsError(
            f"{page} does not tell how many listeners were answered. Write it with `make attack`."
        )
    number = {name: int(text.replace(",", "")) for name, text in found.groupdict().items()}
    return Crowd(number["listeners"], number["ratings"] / number["seconds"], number["p95"])


def large_run_markdown(benchmark: BenchmarkDocument, distributed: DistributedDocument | None) -> str:
    """How long 4 speakers x 10,000 sentences x every variant take on one machine, ten and a hundred."""
    rows = [row for row in benchmark.rows if isinstance(row, VariantRow)]
    audio_h = SPEAKERS * SENTENCES * benchmark.settings.audio_s / 3600
    utterances = SPEAKERS * SENTENCES * len(rows)
    alone = sum(row.rtf.median for row in rows) * audio_h
    together = sum(min([row.rtf.median, *(one.rtf for one in row.batch)]) for row in rows) * audio_h
    turbo = [row for row in rows if row.batch]
    quickest = min(min(one.rtf for one in row.batch) for row in turbo) * audio_h if turbo else None
    work = {
        f"{len(rows)} variants speak, full size, a sentence at a time": alone,
        "the same, in batches where an engine shares work": together,
    }
    if quickest is not None:
        work["of these the quickest variant alone"] = quickest
    if distributed is not None:
        measuring = distributed.cpu_s_per_utterance * utterances / 3600
        work["the built-in voice speaks, and every metric is measured"] = measuring
        work["full size speaks, and every metric is measured"] = alone + measuring
    table = markdown_table(
        ["work", "processor-hours", *MACHINES],
        [
            (what, f"{hours:,.0f}", *(duration(hours / PROCESSORS / count) for count in MACHINES.values()))
            for what, hours in work.items()
        ],
    )
    held = max(row.serving_rss_bytes for row in rows) / 1e9
    notes = [
        f"{utterances:,} utterances of {benchmark.settings.audio_s:.1f} s; machines of {PROCESSORS} processors like "
        f"{benchmark.machine.cpu} ({benchmark.created[:10]}), a worker a processor, each up to {held:.1f} GB of memory."
    ]
    if distributed is not None:
        baseline_gb = distributed.baseline_bytes * SPEAKERS * SENTENCES / 1e9
        rows_gb = distributed.rows_bytes * SPEAKERS * SENTENCES / 1e9
        hours = work["the built-in voice speaks, and every metric is measured"] / PROCESSORS / 100
        rate = baseline_gb * len(rows) * 8e3 / (hours * 3600)
        notes.append(
            f"Rows take {rows_gb:.1f} GB and the baseline's speech {baseline_gb:.0f} GB where the run is kept; it goes "
            f"out with each other variant, which is {rate:,.0f} Mbit/s from that machine to a hundred."
        )
        notes.append(
            f"Speaking and measuring an utterance takes {distributed.cpu_s_per_utterance:.2f} processor-seconds "
            f"({distributed.machine.cpu}, {len(distributed.metrics)} metrics, {distributed.utterances} utterances, the "
            "start of all processes included); the last line counts the built-in voice's speaking once too much."
        )
    return f"{table}\n\n{' '.join(notes)}"


def overhead_markdown(document: DistributedDocument) -> str:
    """Ray beside local processes."""
    fields = {
        "cpu_s": "processor-seconds of all processes",
        "wall_s": "wall time, from start to end, s",
        "steady_s": "wall time, from the first utterance done to the last, s",
    }
    local, ray = document.of("local"), document.of("ray")
    table = markdown_table(
        ["", "local processes", "Ray", "Ray takes more by"],
        [
            (
                label,
                f"{median(getattr(run, name) for run in local):.1f}",
                f"{median(getattr(run, name) for run in ray):.1f}",
                f"{document.overhead(name):+.1%}",
            )
            for name, label in fields.items()
        ],
    )
    loads = [run.load for run in document.runs]
    return (
        f"{table}\n\nMedians of {len(local)} pairs in turn, {document.utterances} utterances each on "
        f"{document.workers} workers, {document.machine.cpu}, {document.created[:10]}. The load average was "
        f"{min(loads):.1f} to {max(loads):.1f} on {document.machine.cores} processors"
        f"{': others had a part of the wall time' if max(loads) > document.machine.cores + 1 else ''}."
    )


def listeners_markdown(crowd: Crowd, study: Study, clip_seconds: float) -> str:
    """What listeners ask of a server in an hour."""
    clip = clip_seconds * RATE * SAMPLE_BYTES

    def row(listeners: int) -> Sequence[str]:
        ratings = listeners * study.pages
        return (
            f"{listeners:,}",
            f"{listeners * SESSION_MINUTES / 60:,.0f}" if listeners * SESSION_MINUTES >= 60 else "1",
            f"{ratings:,}",
            f"{ratings / 3600:,.2f}",
            f"{max(1, ceil(ratings / 3600 / crowd.rate)):,}",
            f"{ratings * clip / 1e9:,.2f}",
            f"{ratings * RATING_BYTES / 1e6:,.1f}",
        )

    table = markdown_table(
        [
            "listeners an hour", "at once", "ratings", "ratings a second", "processes", "GB of clips sent",
            "MB of ratings",
        ],
        map(row, LISTENERS),
        numbers=0,
    )  # fmt: skip
    return (
        f"{table}\n\nA session of the shipped study has {study.pages} pages and takes {SESSION_MINUTES} minutes; a "
        f"clip of {clip_seconds:.1f} s is {clip / 1e3:.0f} kB. One process answered {crowd.rate:.0f} ratings a second "
        f"of {crowd.listeners} listeners, 95 of 100 within {crowd.p95_ms} ms, while visitors let the voice speak: "
        "[attack.md](attack.md). That is what was tried, not where it ends."
    )


def duration(hours: float) -> str:
    """In the unit that a person would say."""
    if hours < 1.5:
        return f"{max(1, round(hours * 60))} min"
    if hours < 10:
        return f"{hours:.1f} h"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.1f} days"
