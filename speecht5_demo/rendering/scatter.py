"""Named points on two axes. Names never lie over each other, over a point, or outside the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from speecht5_demo.rendering.svg import ACCENT, GRID, MUTED, PAPER, SOFT, Canvas

MARK = 6.0  # half the side of a point's square, in CSS pixels
_STEPS = (0, 14, -14, 28, -28, 42, -42, 56, -56, 70, -70, 84, -84, 98, -98)


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
    axes.set_xlabel(x_axis)
    axes.set_ylabel(y_axis)
    if not log:
        axes.set_xlim(left=max(0.0, axes.get_xlim()[0]))
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    _write_names(canvas, axes, points)
    return axes


def _write_names(canvas: Canvas, axes: Axes, points: Sequence[Point]) -> None:
    """Each name at the nearest free place beside its point, joined to it where that is not right beside it."""
    canvas.figure.draw_without_rendering()
    taken = [_square(*map(float, axes.transData.transform((one.x, one.y)))) for one in points]
    frame = axes.get_window_extent()
    for one in sorted(points, key=lambda each: (each.x, each.y)):
        tried = [(side * 10, step) for step in _STEPS for side in (1, -1)]
        tried += [(0, step) for step in (-16, 16, -30, 30, -44, 44)]
        tried.sort(key=lambda offset: abs(offset[1]) + (4 if offset[0] < 0 else 0))
        for offset in tried:
            written = _name(axes, one, offset)
            box = written.get_window_extent().padded(1)
            if _inside(box, frame) and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            written.remove()


def _name(axes: Axes, one: Point, offset: tuple[float, float]) -> Annotation:
    across, up = offset
    joined = {"arrowstyle": "-", "color": GRID, "shrinkA": 0, "shrinkB": 5} if abs(up) > 14 else None
    return axes.annotate(
        one.name, (one.x, one.y), offset, textcoords="offset points", va="center", arrowprops=joined,
        ha="left" if across > 0 else "right" if across < 0 else "center",
    )  # fmt: skip


def _square(x: float, y: float) -> Bbox:
    return Bbox([[x - MARK, y - MARK], [x + MARK, y + MARK]])


def _inside(box: Bbox, frame: Bbox) -> bool:
    return bool(box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1)
