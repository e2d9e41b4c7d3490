"""Named points on two axes. No name lies over another, over a point or its bar, on a line, or outside the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from speecht5_demo.messages import told
from speecht5_demo.rendering.svg import ACCENT, GRID, MUTED, PAPER, SOFT, Canvas

MARK = 6.0  # half the side of a point's square, in CSS pixels
_OFFSETS = sorted(
    ((across, up) for across in (10, -10, 0, 30, -30, 60, -60, 100, -100) for up in range(-196, 197, 7)),
    key=lambda offset: abs(offset[1]) + abs(offset[0]) + (4 if offset[0] < 0 else 8 if offset[0] == 0 else 0),
)
"""Where a name may go from its point, in points, nearest first."""


@dataclass(frozen=True)
class Point:
    """One named point.

    Attributes:
        x, y: place.
        name: written beside it.
        words: said on hover.
        strong: filled rather than outlined.
        y_interval: vertical bar, None for none.
    """

    x: float
    y: float
    name: str
    words: str
    strong: bool = False
    y_interval: tuple[float, float] | None = None


def scatter(canvas: Canvas, points: Sequence[Point], x_axis: str, y_axis: str, line: Sequence[Point] = (),
            log: bool = False) -> Axes:  # fmt: skip
    """Draw points and their names.

    Args:
        canvas: to draw on.
        points: at least one.
        x_axis, y_axis: what the axes show.
        line: points joined by a line.
        log: whether both axes are logarithmic.
    """
    axes = canvas.figure.add_subplot()
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:g}"[0] in "25" else "")
    axes.grid(visible=True, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", which="both", length=0, colors=MUTED)
    axes.plot([one.x for one in line], [one.y for one in line], color=SOFT, lw=1.5, zorder=1)
    for one in points:
        edge = ACCENT if one.strong else MUTED
        if one.y_interval:
            axes.plot([one.x] * 2, one.y_interval, color=edge, lw=1.4)
        face = ACCENT if one.strong else PAPER
        axes.plot(
            [one.x], [one.y], "o", ms=8, mfc=face, mec=edge, mew=1.6, gid=canvas.say(one.words), zorder=3
        )
    axes.margins(x=0.1, y=0.16)
    axes.set_xlabel(told(x_axis))
    axes.set_ylabel(told(y_axis))
    if not log:
        axes.set_xlim(left=max(0.0, axes.get_xlim()[0]))
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    _write_names(canvas, axes, points, line)
    return axes


def _write_names(canvas: Canvas, axes: Axes, points: Sequence[Point], line: Sequence[Point]) -> None:
    """Each name at the nearest free place beside its point, joined to it where that is not right beside it."""
    canvas.figure.draw_without_rendering()
    marks = [_square(*_place(axes, one.x, one.y)) for one in points]
    bars = [_bar(axes, one.x, one.y_interval) for one in points if one.y_interval]
    taken, frame = [*marks, *bars, *_along(axes, line)], axes.get_window_extent()
    for one in sorted(points, key=lambda each: (each.x, each.y)):
        x, y = _place(axes, one.x, one.y)
        size = axes.annotate(one.name, (one.x, one.y))
        words = size.get_window_extent()
        size.remove()
        for offset in _OFFSETS:
            box = _beside(x, y, offset, words.width, words.height)
            if _inside(box, frame) and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                _write(axes, one, offset)
                break


def _beside(x: float, y: float, offset: tuple[float, float], width: float, height: float) -> Bbox:
    """Where words of a size lie, with a pixel of air."""
    across, up = x + offset[0], y + offset[1]
    left = across if offset[0] > 0 else across - width if offset[0] < 0 else across - width / 2
    return Bbox.from_bounds(left - 1, up - height / 2 - 1, width + 2, height + 2)


def _write(axes: Axes, one: Point, offset: tuple[float, float]) -> None:
    across, up = offset
    near = abs(up) <= 14 and abs(across) <= 10
    axes.annotate(
        one.name, (one.x, one.y), offset, textcoords="offset points", va="center",
        arrowprops=None if near else {"arrowstyle": "-", "color": GRID, "shrinkA": 0, "shrinkB": 5},
        ha="left" if across > 0 else "right" if across < 0 else "center",
    )  # fmt: skip


def _place(axes: Axes, x: float, y: float) -> tuple[float, float]:
    across, up = axes.transData.transform((x, y))
    return float(across), float(up)


def _square(x: float, y: float, half: float = MARK) -> Bbox:
    return Bbox([[x - half, y - half], [x + half, y + half]])


def _bar(axes: Axes, x: float, ends: tuple[float, float]) -> Bbox:
    (left, low), (_, high) = _place(axes, x, ends[0]), _place(axes, x, ends[1])
    return Bbox([[left - 2, low], [left + 2, high]])


def _along(axes: Axes, line: Sequence[Point]) -> list[Bbox]:
    """Small squares along the line, so that no name is written across it."""
    found = []
    for one, other in pairwise(line):
        (x0, y0), (x1, y1) = _place(axes, one.x, one.y), _place(axes, other.x, other.y)
        steps = int(max(abs(x1 - x0), abs(y1 - y0)) / 4) + 1
        found += [
            _square(x0 + (x1 - x0) * at / steps, y0 + (y1 - y0) * at / steps, 2) for at in range(steps + 1)
        ]
    return found


def _inside(box: Bbox, frame: Bbox) -> bool:
    return bool(box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1)
