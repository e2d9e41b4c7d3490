"""A sweep as pictures: quality, time and size over the amount of pruning, and every point to hear."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from speecht5_demo.files import write_text
from speecht5_demo.quality.metrics import BY_NAME
from speecht5_demo.quality.plots import scaled, shown, unit_shown
from speecht5_demo.quality.sweep import left_alone
from speecht5_demo.report.document import page
from speecht5_demo.report.svg import ACCENT, BAD, INK, MUTED, SOFT, Canvas, wide_and_narrow
from speecht5_demo.report.tables import table

PAGE = "sweep.html"
CHARTED = ("wer", "pesq", "stop", "predicted-mos")
MEGABYTE = 1e6


def write_sweep_page(document: Mapping[str, Any], folder: Path) -> Path:
    """Write `sweep.html`, whole or not at all."""
    body = "".join(
        f"<section><h2>{title}</h2>{piece}</section>"
        for title, piece in (
            ("Over the amount of pruning", charts(document, "sweep")),
            ("In numbers", figures_table(document)),
            ("Hear it", _players(document)),
        )
    )
    return write_text(folder / PAGE, page("Where the voice breaks", verdict(document), body))


def verdict(document: Mapping[str, Any]) -> str:
    """In one sentence, where the voice breaks."""
    points, at = document["points"], document["breaks_at"]
    kind = "pruned and stored as 8-bit integers" if points[-1]["int8"] else "pruned"
    kept = left_alone(document)
    kind += f" but for {', '.join(kept)}" if kept else ""
    title = document["checkpoint"]["title"]
    if at is None:
        return f"{title}, {kind}: it holds to {max(point['amount'] for point in points):.0%}."
    return f"{title}, {kind}: it breaks at {at:.0%}. {document['rule']}"


def charts(document: Mapping[str, Any], name: str) -> str:
    """The charts of a sweep; `name` is unique on the page."""
    points = sorted(document["points"], key=lambda point: point["amount"])
    pieces = [
        _quality_chart(f"{name}-{metric}", metric, points, document["breaks_at"])
        for metric in CHARTED
        if any((point["quality"].get(metric) or {}).get("mean") is not None for point in points)
    ]
    pieces.append(_speed_chart(f"{name}-rtf", points, document["breaks_at"]))
    pieces.append(_size_chart(f"{name}-size", points, document["breaks_at"]))
    return "".join(pieces)


def figures_table(document: Mapping[str, Any]) -> str:
    """One line a point."""
    points = document["points"]
    names = [name for name in BY_NAME if any(name in point["quality"] for point in points)]
    head = ["Pruned", *(f"{BY_NAME[name].label}, {unit_shown(BY_NAME[name].unit)}" for name in names)]
    rows = []
    for point in points:
        cells: list[object] = [f"{point['amount']:.0%}"]
        for name in names:
            mean = (point["quality"].get(name) or {}).get("mean")
            cells.append(None if mean is None else shown(mean, BY_NAME[name].unit))
        sizes = point["sizes"]
        cells += [
            f"{point['rtf']:.3f}",
            f"{sizes['disk_bytes'] / MEGABYTE:.1f}",
            f"{sizes['zip_bytes'] / MEGABYTE:.1f}",
        ]
        rows.append(cells)
    return table("Quality, time and size of each point", [*head, "RTF", "disk MB", "zip MB"], rows)


def _quality_chart(name: str, metric: str, points: Sequence[Mapping[str, Any]], broken: float | None) -> str:
    about, unit = BY_NAME[metric], BY_NAME[metric].unit
    known = [(point["amount"], point["quality"][metric]) for point in points if _has(point, metric)]

    def paint(canvas: Canvas, axes: Axes) -> None:
        at = [100 * amount for amount, _ in known]
        axes.plot(at, [scaled(found["mean"], unit) for _, found in known], color=ACCENT, lw=1.6)
        for amount, found in known:
            words = f"{amount:.0%}: {shown(found['mean'], unit)} {unit_shown(unit)}, {found['n']} utterances"
            if found["ci95"]:
                axes.plot(
                    [100 * amount] * 2,
                    [scaled(end, unit) for end in found["ci95"]],
                    color=SOFT,
                    lw=4,
                    zorder=1,
                )
            axes.plot(
                100 * amount, scaled(found["mean"], unit), "o", ms=7, color=ACCENT, gid=canvas.say(words)
            )

    said = "; ".join(f"{amount:.0%} {shown(found['mean'], unit)}" for amount, found in known)
    return _chart(name, f"{about.label}, {unit_shown(unit)}", said, broken, paint)


def _speed_chart(name: str, points: Sequence[Mapping[str, Any]], broken: float | None) -> str:
    def paint(canvas: Canvas, axes: Axes) -> None:
        axes.plot(
            [100 * point["amount"] for point in points],
            [point["rtf"] for point in points],
            color=ACCENT,
            lw=1.6,
        )
        for point in points:
            words = f"{point['amount']:.0%}: RTF {point['rtf']:.3f}, {point['latency_s']['median']:.3f} s"
            axes.plot(100 * point["amount"], point["rtf"], "o", ms=7, color=ACCENT, gid=canvas.say(words))
        axes.set_ylim(bottom=0)

    said = "; ".join(f"{point['amount']:.0%} {point['rtf']:.3f}" for point in points)
    return _chart(name, "Real-time factor, lower is faster", said, broken, paint)


def _size_chart(name: str, points: Sequence[Mapping[str, Any]], broken: float | None) -> str:
    kinds = (("disk_bytes", "on disk", ACCENT), ("zip_bytes", "compressed", MUTED))

    def paint(canvas: Canvas, axes: Axes) -> None:
        at = [100 * point["amount"] for point in points]
        for key, words, colour in kinds:
            size = [point["sizes"][key] / MEGABYTE for point in points]
            axes.plot(at, size, color=colour, lw=1.6)
            for x, y in zip(at, size, strict=True):
                axes.plot(x, y, "o", ms=7, color=colour, gid=canvas.say(f"{x:.0f} %: {y:.1f} MB {words}"))
            axes.annotate(
                words, (at[-1], size[-1]), (0, 9), textcoords="offset points", ha="right", color=INK
            )
        axes.set_ylim(bottom=0)

    said = "; ".join(
        f"{point['amount']:.0%} {point['sizes']['disk_bytes'] / MEGABYTE:.1f} on disk, "
        f"{point['sizes']['zip_bytes'] / MEGABYTE:.1f} compressed"
        for point in points
    )
    return _chart(name, "Megabytes, vocoder included", said, broken, paint)


def _chart(
    name: str, title: str, said: str, broken: float | None, paint: Callable[[Canvas, Axes], None]
) -> str:
    def whole(canvas: Canvas) -> None:
        axes = canvas.figure.add_subplot()
        axes.grid(visible=True, lw=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(axis="both", length=0)
        paint(canvas, axes)
        if broken is not None:
            axes.axvline(
                100 * broken, color=BAD, lw=1.2, ls=(0, (4, 3)), gid=canvas.say(f"breaks at {broken:.0%}")
            )
        axes.set_xlim(-3, 98)
        axes.set_xlabel("% of the weights of every pruned Linear layer set to zero")

    return f"<h3>{html.escape(title)}</h3>" + wide_and_narrow(
        name, f"{title}, by share pruned: {said}.", 230, whole
    )


def _players(document: Mapping[str, Any]) -> str:
    pieces = []
    for point in document["points"]:
        for speaker, source in point["audio"].items():
            label = html.escape(f"{point['label']}, {speaker}")
            audio = f'<audio controls preload="none" src="{html.escape(source, quote=True)}"></audio>'
            pieces.append(f"<p>{label}<br>{audio}</p>")
    return f"<p>{html.escape(document['settings']['sentences'][0])}</p>{''.join(pieces)}"


def _has(point: Mapping[str, Any], metric: str) -> bool:
    return (point["quality"].get(metric) or {}).get("mean") is not None
