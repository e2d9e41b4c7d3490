"""A sweep as pictures: quality, time and size over the amount of pruning, and every point to hear.

What it says are messages, drawn in the language of who reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes

from speecht5_demo.files import write_text
from speecht5_demo.messages import Message, joined
from speecht5_demo.quality.breaking import RULE
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import heading, paragraph
from speecht5_demo.rendering.line_chart import LinePoint, Series, line_chart
from speecht5_demo.rendering.page import page, player
from speecht5_demo.rendering.svg import ACCENT, MUTED, Canvas, for_page
from speecht5_demo.rendering.units import scaled, shown, unit_shown
from speecht5_demo.rendering.wording import counted, megabytes
from speecht5_demo.results import Entry, MetricInfo, SweepDocument

PAGE = "sweep.html"
CHARTED = ("wer", "pesq", "stop", "predicted-mos")


def write_sweep_page(document: SweepDocument, folder: Path) -> Path:
    """Write `sweep.html`, whole or not at all."""
    sections = (
        ("Over the amount of pruning", charts(document, "sweep")),
        ("In numbers", figures_table(document)),
        ("Hear it", _players(document)),
    )
    return write_text(
        folder / PAGE,
        page("Where the voice breaks", f"{verdict(document)} {conditions(document)}", sections),
        parents=True,
    )


def treatment(document: SweepDocument) -> Message:
    """What was done to the voice at every point, in words."""
    if not document.exclude:
        return Message("pruned and stored as 8-bit integers") if document.int8 else Message("pruned")
    kept = ", ".join(document.exclude)
    if document.int8:
        return Message("pruned and stored as 8-bit integers but for {layers}", layers=kept)
    return Message("pruned but for {layers}", layers=kept)


def verdict(document: SweepDocument) -> Message:
    """In one sentence, where the voice breaks."""
    voice, done = Message(document.checkpoint.title), treatment(document)
    if document.breaks_at is None:
        most = f"{max(point.amount for point in document.points):.0%}"
        return Message(
            "{voice}, {treatment}: it holds to {amount}.", voice=voice, treatment=done, amount=most
        )
    return Message(
        "{voice}, {treatment}: it breaks at {amount}. {rule}",
        voice=voice,
        treatment=done,
        amount=f"{document.breaks_at:.0%}",
        rule=RULE if document.rule == RULE else document.rule,
    )


def conditions(document: SweepDocument) -> Message:
    """What was heard by whom, and whether its times can be read."""
    settings = document.settings
    said = Message(
        "{sentences} by {speakers}; recogniser {recogniser}; {cpu}, {day}.",
        sentences=counted(len(settings.sentences), "sentence"),
        speakers=", ".join(settings.speakers),
        recogniser=settings.asr + (f" ({settings.asr_source})" if settings.asr_source else ""),
        cpu=document.machine.cpu,
        day=document.created[:10],
    )
    if document.timed_alone:
        return said
    return Message(
        "{conditions} Times are left out: other programs left this one {share} of a core while they were taken. The "
        "same command takes them again and keeps all else.",
        conditions=said,
        share=f"{document.core_share:.0%}",
    )


def charts(document: SweepDocument, name: str) -> str:
    """The charts of a sweep; `name` is unique on the page."""
    charted = [metric for metric in document.metrics if metric.name in CHARTED]
    return "".join(
        [
            *(_quality_chart(document, name, metric) for metric in charted),
            _speed_chart(document, name),
            _size_chart(document, name),
        ]
    )


def figures_table(document: SweepDocument) -> str:
    """One line a point."""
    units = {metric.name: metric.unit for metric in document.metrics}
    head = [Message("Pruned"), *(_title(metric) for metric in document.metrics)]
    rows: list[list[str | None]] = []
    for point in document.points:
        means = {name: point.mean(name) for name in units}
        rows.append(
            [
                f"{point.amount:.0%}",
                *(None if mean is None else shown(mean, units[name]) for name, mean in means.items()),
                f"{point.rtf:.3f}" if document.timed_alone else None,
                megabytes(point.sizes.disk_bytes),
                megabytes(point.sizes.zip_bytes),
            ]
        )
    rows += floor_rows(document, tuple(units))
    return table(
        Message("Quality, time and size of each point, {treatment}", treatment=treatment(document)),
        [*head, Message("RTF"), Message("disk MB"), Message("zip MB")],
        rows,
    )


def floor_rows(document: SweepDocument, metrics: Sequence[str]) -> list[list[str | None]]:
    """A line for each floor that has one of these metrics, with empty cells for time and sizes."""
    units = {metric.name: metric.unit for metric in document.metrics}
    means = {(one.variant_label, one.metric): one.mean for one in document.floors}
    rows: list[list[str | None]] = []
    for label in dict.fromkeys(one.variant_label for one in document.floors):
        found = [means.get((label, name)) for name in metrics]
        if any(mean is not None for mean in found):
            cells = (
                None if mean is None else shown(mean, units[name])
                for name, mean in zip(metrics, found, strict=True)
            )
            rows.append([Message(label), *cells, *[None] * 3])
    return rows


def _quality_chart(document: SweepDocument, name: str, metric: MetricInfo) -> str:
    known = [
        (point.amount, point.quality[metric.name])
        for point in document.points
        if point.mean(metric.name) is not None
    ]
    if not known:
        return ""
    points = [_quality_point(amount, found, metric.unit) for amount, found in known]
    ends = points[0].x, points[-1].x
    floors = [
        Series(
            [
                LinePoint(x, scaled(floor.mean or 0.0, metric.unit), _floor_words(floor, metric.unit))
                for x in ends
            ],
            Message(floor.variant_label),
            MUTED,
        )
        for floor in document.floors_of(metric.name)
    ]
    return _chart(document, f"{name}-{metric.name}", _title(metric), [Series(points), *floors])


def _floor_words(floor: Entry, unit: str) -> str:
    return joined(": ", [Message(floor.variant_label), _with_unit(floor.mean or 0.0, unit)])


def _quality_point(amount: float, found: Entry, unit: str) -> LinePoint:
    mean = found.mean or 0.0
    said = joined(", ", [_with_unit(mean, unit), counted(found.n, "utterance")])
    ends = None if found.ci95 is None else (scaled(found.ci95[0], unit), scaled(found.ci95[1], unit))
    return LinePoint(100 * amount, scaled(mean, unit), joined(": ", [f"{amount:.0%}", said]), ends)


def _speed_chart(document: SweepDocument, name: str) -> str:
    if not document.timed_alone:
        return ""
    points = [
        LinePoint(
            100 * point.amount,
            point.rtf,
            joined(
                " ",
                [f"{point.amount:.0%}:", Message("RTF"), f"{point.rtf:.3f}, {point.latency_s.median:.3f} s"],
            ),
        )
        for point in document.points
    ]
    title = Message("Real-time factor, lower is faster")
    return _chart(document, f"{name}-rtf", title, [Series(points)], _from_zero)


def _size_chart(document: SweepDocument, name: str) -> str:
    kinds = (
        (Message("on disk"), ACCENT, [point.sizes.disk_bytes for point in document.points]),
        (Message("compressed"), MUTED, [point.sizes.zip_bytes for point in document.points]),
    )
    series = [
        Series(
            [
                LinePoint(
                    100 * point.amount,
                    size / 1e6,
                    joined(" ", [f"{point.amount:.0%}: {megabytes(size)} MB", kind]),
                )
                for point, size in zip(document.points, sizes, strict=True)
            ],
            kind,
            colour,
        )
        for kind, colour, sizes in kinds
    ]
    title = Message("Megabytes, vocoder included")
    return _chart(document, f"{name}-size", title, series, _from_zero)


def _chart(
    document: SweepDocument,
    name: str,
    title: str,
    series: Sequence[Series],
    finish: Callable[[Axes], None] = lambda axes: None,
) -> str:
    broken = document.breaks_at
    marked = None if broken is None else (100 * broken, Message("breaks at {amount}", amount=f"{broken:.0%}"))

    def paint(canvas: Canvas) -> None:
        axis = Message("% of the weights of every pruned Linear layer set to zero")
        axes = line_chart(canvas, series, axis, marked)
        axes.set_xlim(-3, 98)
        finish(axes)

    points = joined("; ", [point.words for one in series for point in one.points])
    label = Message("{title}, by share pruned: {points}.", title=title, points=points)
    return heading(title, 3) + for_page(name, label, 250, paint)


def _title(metric: MetricInfo) -> str:
    return joined(", ", [Message(metric.label), Message(unit_shown(metric.unit))])


def _with_unit(value: float, unit: str) -> str:
    return joined(" ", [shown(value, unit), Message(unit_shown(unit))])


def _from_zero(axes: Axes) -> None:
    axes.set_ylim(0, 1.08 * axes.get_ylim()[1])


def _players(document: SweepDocument) -> str:
    players = [
        player(f"{point.label}, {speaker}", source)
        for point in document.points
        for speaker, source in point.audio.items()
    ]
    return paragraph(document.settings.sentences[0]) + "".join(players)
