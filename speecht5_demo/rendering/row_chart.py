"""Rows of a dot with its interval, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from speecht5_demo.messages import told
from speecht5_demo.rendering.svg import ACCENT, GRID, INK, PAPER, SOFT, Canvas

ROW = 34.0  # CSS pixels a row of a chart takes

Ends = tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: on the left.
        centre: where the dot is.
        text: written over the dot.
        words: said on hover.
        interval: thick line through the dot, None for none.
        thin: thin line below it.
        band: pale bar behind it.
        colour, band_colour: stand-in colours of `svg`.
    """

    name: str
    centre: float
    text: str
    words: str
    interval: Ends = None
    thin: Ends = None
    band: Ends = None
    colour: str = ACCENT
    band_colour: str = SOFT


def height(rows: int) -> float:
    """Of a chart with so many rows."""
    return 62 + ROW * max(rows, 1)


def named_rows(canvas: Canvas, names: Sequence[str]) -> Axes:
    """Axes with a named place for each row, from the top."""
    axes = canvas.figure.add_subplot()
    axes.set_yticks(range(len(names)), [told(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="both", length=0)
    axes.grid(visible=True, axis="x", lw=0.7)
    axes.set_axisbelow(True)
    return axes


def row_chart(canvas: Canvas, rows: Sequence[Row], axis: str) -> Axes:
    """Draw the rows; `axis` says what is shown."""
    axes = named_rows(canvas, [one.name for one in rows])
    for y, one in enumerate(rows):
        if one.band:
            axes.plot(one.band, [y, y], color=one.band_colour, lw=9, alpha=0.55, solid_capstyle="butt")
        if one.thin:
            axes.plot(one.thin, [y + 0.2] * 2, color=SOFT, lw=1.6, gid=canvas.say(one.words))
        if one.interval:
            axes.plot(one.interval, [y, y], color=one.colour, lw=3.2, solid_capstyle="round")
        axes.plot([one.centre], [y], "o", ms=9, mfc=one.colour, mec=PAPER, mew=1.6)
        axes.annotate(
            told(one.text), (one.centre, y), (0, 8), textcoords="offset points", ha="center", color=INK
        )
        # A wide invisible line over all of it, easy to hover.
        reach = [end for ends in (one.band, one.interval, (one.centre,)) if ends for end in ends]
        axes.plot([min(reach), max(reach)], [y, y], color=GRID, alpha=0.0, lw=20, gid=canvas.say(one.words))
    axes.margins(x=0.08)
    axes.set_xlabel(told(axis))
    return axes
