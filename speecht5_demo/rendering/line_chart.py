"""Values over an amount, joined by lines; several series are told apart in a legend above the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from speecht5_demo.messages import told
from speecht5_demo.rendering.svg import ACCENT, BAD, SOFT, Canvas


@dataclass(frozen=True)
class LinePoint:
    """One value.

    Attributes:
        x, y: place.
        words: said on hover.
        interval: vertical bar, None for none.
    """

    x: float
    y: float
    words: str
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Series:
    """One line.

    Attributes:
        points: along it.
        name: in the legend; empty for none.
        colour: stand-in colour of `svg`.
    """

    points: Sequence[LinePoint]
    name: str = ""
    colour: str = ACCENT


def line_chart(
    canvas: Canvas, series: Sequence[Series], axis: str, marked: tuple[float, str] | None = None
) -> Axes:
    """Draw lines over `axis`; `marked` is an x that a dashed line stands at, and what it says."""
    axes = canvas.figure.add_subplot()
    axes.grid(visible=True, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0)
    for one in series:
        axes.plot(
            [point.x for point in one.points], [point.y for point in one.points], color=one.colour, lw=1.6,
            label=told(one.name) or None,
        )  # fmt: skip
        for point in one.points:
            if point.interval:
                axes.plot([point.x] * 2, point.interval, color=SOFT, lw=4, zorder=1)
            axes.plot(point.x, point.y, "o", ms=7, color=one.colour, gid=canvas.say(point.words))
    if marked:
        x, words = marked
        axes.axvline(x, color=BAD, lw=1.2, ls=(0, (4, 3)), gid=canvas.say(words), label=told(words))
    axes.set_xlabel(told(axis))
    if marked or any(one.name for one in series):
        canvas.figure.legend(loc="outside upper left", ncols=3, handlelength=1.4, columnspacing=1.2)
    return axes
