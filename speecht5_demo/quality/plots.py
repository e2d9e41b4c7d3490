"""Pictures of an evaluation: one a metric, variants below each other, floors set apart below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from speecht5_demo.quality.records import Row
from speecht5_demo.report.svg import ACCENT, GRID, INK, MUTED, PAPER, SOFT, Canvas, draw, wide_and_narrow

ROW = 34.0  # CSS pixels
PERCENT, WHOLE = ("share",), ("cents",)


def shown(value: float, unit: str) -> str:
    """A value as a table prints it: shares in percent, cents without decimals."""
    return f"{scaled(value, unit):.{digits(unit)}f}"


def scaled(value: float, unit: str) -> float:
    """A value in the unit it is shown in."""
    return 100.0 * value if unit in PERCENT else value


def digits(unit: str) -> int:
    """Decimals that a unit deserves."""
    return 1 if unit in PERCENT else 0 if unit in WHOLE else 2


def unit_shown(unit: str) -> str:
    """The unit's name on an axis."""
    return "%" if unit in PERCENT else unit


def metric_chart(
    name: str, metric: Mapping[str, str], entries: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> str:
    """Means with 95 % intervals over a pale bar that holds the middle 80 % of utterances, for a page.

    Args:
        name: unique on the page.
        metric: an item of the summary's `metrics`.
        entries: of this metric, in the order to show; floors after variants.
        rows: of this metric, for the spread.
    """
    label, height, paint = _metric_painter(metric, entries, rows)
    return wide_and_narrow(name, label, height, paint)


def metric_picture(
    name: str, metric: Mapping[str, str], entries: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> str:
    """The chart of `metric_chart` as an SVG file of its own."""
    label, height, paint = _metric_painter(metric, entries, rows)
    return draw(name, label, 720, height, paint)


def _metric_painter(
    metric: Mapping[str, str], entries: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> tuple[str, float, Callable[[Canvas], None]]:
    unit = metric["unit"]
    known = [entry for entry in entries if entry["mean"] is not None]
    words = [_words(entry, unit) for entry in known]

    def paint(canvas: Canvas) -> None:
        axes = canvas.figure.add_subplot()
        axes.set_yticks(range(len(known)), [entry["variant_label"] for entry in known])
        axes.set_ylim(len(known) - 0.5, -0.5)
        axes.tick_params(axis="both", length=0)
        axes.grid(visible=True, axis="x", lw=0.7)
        axes.set_axisbelow(True)
        for y, (entry, said) in enumerate(zip(known, words, strict=True)):
            floor = entry["variant"].startswith("floor:")
            colour = MUTED if floor else ACCENT
            low, high = _spread(rows, entry["variant"], unit)
            axes.plot(
                [low, high], [y, y], color=GRID if floor else SOFT, lw=9, alpha=0.55, solid_capstyle="butt"
            )
            centre = scaled(entry["mean"], unit)
            if entry["ci95"]:
                axes.plot([scaled(end, unit) for end in entry["ci95"]], [y, y], color=colour, lw=3)
            axes.plot([centre], [y], "o", ms=8, mfc=colour, mec=PAPER, mew=1.5)
            axes.annotate(
                shown(entry["mean"], unit),
                (centre, y),
                (0, 8),
                textcoords="offset points",
                ha="center",
                color=INK,
            )
            axes.plot([low, high], [y, y], color=GRID, alpha=0.0, lw=22, gid=canvas.say(said))
        better = {"lower": "lower is better", "higher": "higher is better", "one": "1 is best"}
        axes.set_xlabel(f"{unit_shown(unit)}; {better[metric['better']]}")
        axes.margins(x=0.08)

    label = f"{metric['label']}: {'; '.join(words)}."
    return label, 62 + ROW * max(len(known), 1), paint


def _words(entry: Mapping[str, Any], unit: str) -> str:
    text = f"{entry['variant_label']} {shown(entry['mean'], unit)} {unit_shown(unit)}"
    if entry["ci95"]:
        low, high = (shown(end, unit) for end in entry["ci95"])
        text += f", 95 % interval {low} to {high}"
    text += f", {entry['n']} utterances"
    return text + (f", {entry['failed']} failed" if entry["failed"] else "")


def _spread(rows: Sequence[Row], variant: str, unit: str) -> tuple[float, float]:
    values = [row.value for row in rows if row.variant == variant and row.value is not None]
    low, high = np.percentile(values, [10, 90])
    return scaled(float(low), unit), scaled(float(high), unit)
