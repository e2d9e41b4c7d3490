"""Pictures of an evaluation: one a metric, variants below each other, floors set apart below them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from speecht5_demo.quality.records import Row
from speecht5_demo.rendering import row_chart
from speecht5_demo.rendering.svg import ACCENT, GRID, MUTED, SOFT, Canvas, for_file, for_page
from speecht5_demo.rendering.units import scaled, shown, shown_interval, unit_shown
from speecht5_demo.rendering.wording import counted
from speecht5_demo.results import Entry, MetricInfo

BETTER = {"lower": "lower is better", "higher": "higher is better", "one": "1 is best"}


class MetricPicture:
    """Means with 95 % intervals over a pale bar that holds the middle 80 % of utterances.

    Args:
        metric: what is shown.
        entries: in the order to show, floors after variants; those of other metrics are left out.
        rows: for the spread; those of other metrics are left out.
    """

    def __init__(self, metric: MetricInfo, entries: Sequence[Entry], rows: Sequence[Row]) -> None:
        self._metric = metric
        known = [entry for entry in entries if entry.metric == metric.name]
        spreads = _spreads([row for row in rows if row.metric == metric.name], metric.unit)
        self._rows = [row for entry in known if (row := _row(entry, metric.unit, spreads)) is not None]
        self._label = f"{metric.label}: {'; '.join(row.words for row in self._rows)}."

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._rows)

    def for_page(self, name: str) -> str:
        """For a page on which `name` is unique."""
        return for_page(name, self._label, row_chart.height(len(self._rows)), self._paint)

    def for_file(self) -> str:
        """An SVG file."""
        return for_file(self._metric.name, self._label, row_chart.height(len(self._rows)), self._paint)

    def _paint(self, canvas: Canvas) -> None:
        axis = f"{unit_shown(self._metric.unit)}; {BETTER[self._metric.better]}"
        row_chart.row_chart(canvas, self._rows, axis)


def _row(entry: Entry, unit: str, spreads: dict[str, tuple[float, float]]) -> row_chart.Row | None:
    if entry.mean is None:
        return None
    floor = entry.variant.startswith("floor:")
    text = f"{entry.variant_label} {shown(entry.mean, unit)} {unit_shown(unit)}"
    text += f", 95 % interval {shown_interval(entry.ci95, unit)}" if entry.ci95 else ""
    text += f", {counted(entry.n, 'utterance')}"
    low, high = entry.ci95 or (entry.mean, entry.mean)
    return row_chart.Row(
        name=entry.variant_label,
        centre=scaled(entry.mean, unit),
        text=shown(entry.mean, unit),
        words=text + (f", {entry.failed} failed" if entry.failed else ""),
        interval=(scaled(low, unit), scaled(high, unit)) if entry.ci95 else None,
        band=spreads.get(entry.variant),
        colour=MUTED if floor else ACCENT,
        band_colour=GRID if floor else SOFT,
    )


def _spreads(rows: Sequence[Row], unit: str) -> dict[str, tuple[float, float]]:
    values: dict[str, list[float]] = {}
    for row in rows:
        if row.value is not None:
            values.setdefault(row.variant, []).append(scaled(row.value, unit))
    ends = {variant: np.percentile(found, [10, 90]) for variant, found in values.items()}
    return {variant: (float(low), float(high)) for variant, (low, high) in ends.items()}
