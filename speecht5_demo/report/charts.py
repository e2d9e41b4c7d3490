"""The pictures of a listening test: scores, differences, distributions, and what quality costs.

Every picture has its numbers on hover and beside it in a table, and a sentence for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from speecht5_demo.listening.analysis.interval import Interval
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.analysis.paired import Comparison
from speecht5_demo.listening.methods import ACR
from speecht5_demo.report.svg import (
    ACCENT,
    BAD,
    GOOD,
    GRID,
    INK,
    MUTED,
    PAPER,
    POINTS,
    SOFT,
    Canvas,
    wide_and_narrow,
)

ROW = 34.0  # CSS pixels a row of a chart takes
LABELS = tuple(ACR.words["en"][point] for point in range(ACR.low, ACR.high + 1))


def score_chart(name: str, scores: Sequence[Mos], anytime: bool = False) -> str:
    """MOS with 95 % intervals, one row a variant.

    With `anytime`, the interval that may be watched as a thin line.
    """
    said = "; ".join(f"{one.variant} {one.mos:.2f}{_range(one.ci95)}" for one in scores)

    def paint(canvas: Canvas) -> None:
        axes = _rows(canvas, [one.variant for one in scores])
        shown = [one.ci95 for one in scores] + ([one.ci95_anytime for one in scores] if anytime else [])
        low, high = _limits(shown, [one.mos for one in scores], 1, 5)
        for y, one in enumerate(scores):
            words = (
                f"{one.variant}: MOS {one.mos:.3f}{_range(one.ci95, 3)}, {one.n_ratings} ratings, "
                f"{one.n_listeners} listeners, {one.n_sentences} sentences"
            )
            if anytime and isinstance(one.ci95_anytime, Interval):
                watched = one.ci95_anytime
                axes.plot(
                    [watched.low, watched.high], [y + 0.2] * 2, color=SOFT, lw=1.6, gid=canvas.say(words)
                )
            _mark(canvas, axes, y, one.mos, one.ci95, ACCENT, words)
        axes.set_xlim(low, high)
        axes.set_xlabel("mean opinion score, 1 bad to 5 excellent")

    return wide_and_narrow(name, f"Mean opinion scores: {said}.", 62 + ROW * len(scores), paint)


def difference_chart(name: str, comparisons: Sequence[Comparison], margin: float) -> str:
    """Baseline minus variant with 95 % intervals, the margin drawn."""
    shown = [one for one in comparisons if one.difference is not None]
    said = "; ".join(
        f"{one.variant} {one.difference.mean:+.2f}{_range(one.difference.interval)}, {one.verdict}"
        for one in shown
        if one.difference
    )
    colours = {"not worse": GOOD, "worse": BAD}

    def paint(canvas: Canvas) -> None:
        axes = _rows(canvas, [one.variant for one in shown])
        found = [one.difference for one in shown if one.difference]
        low, high = _limits([each.interval for each in found], [each.mean for each in found], -4, 4)
        low, high = min(low, -0.1), max(high, margin + 0.1)
        axes.axvspan(low, margin, color=GOOD, alpha=0.07, lw=0)
        axes.axvline(0, color=MUTED, lw=1)
        axes.axvline(margin, color=GOOD, lw=1.2, ls=(0, (4, 3)), gid=canvas.say(f"margin {margin:g}"))
        for y, (one, each) in enumerate(zip(shown, found, strict=True)):
            words = f"{one.variant}: {each.mean:+.3f}{_range(each.interval, 3)}, {each.n} pairs; {one.text}"
            _mark(canvas, axes, y, each.mean, each.interval, colours.get(one.verdict, ACCENT), words)
        axes.set_xlim(low, high)
        axes.set_xlabel(f"points lost against the baseline; dashed: margin {margin:g}")

    label = f"Points lost against the baseline, margin {margin:g}: {said}."
    return wide_and_narrow(name, label, 62 + ROW * max(len(shown), 1), paint)


def distribution_chart(name: str, scores: Sequence[Mos]) -> str:
    """How often each grade was given, as shares of all ratings of a variant."""
    said = "; ".join(
        f"{one.variant} "
        + ", ".join(f"{n} {word.lower()}" for n, word in zip(one.counts, LABELS, strict=True))
        for one in scores
    )

    def paint(canvas: Canvas) -> None:
        axes = _rows(canvas, [one.variant for one in scores])
        for y, one in enumerate(scores):
            left, total = 0.0, max(sum(one.counts), 1)
            for point, n in enumerate(one.counts, start=1):
                share = 100 * n / total
                words = f"{one.variant}: {n} of {total} ratings {point} {LABELS[point - 1]} ({share:.1f} %)"
                axes.barh(
                    y, share, left=left, height=0.62, color=POINTS[point - 1], edgecolor=PAPER, lw=1,
                    gid=canvas.say(words), label=f"{point} {LABELS[point - 1]}" if y == 0 else None,
                )  # fmt: skip
                left += share
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of ratings")
        columns = 5 if canvas.figure.get_figwidth() > 6 else 3
        canvas.figure.legend(loc="outside upper left", ncols=columns, handlelength=1, columnspacing=1)

    return wide_and_narrow(name, f"Distribution of grades: {said}.", 108 + ROW * len(scores), paint)


@dataclass(frozen=True)
class Cost:
    """What one variant costs and gives.

    Attributes:
        variant: name.
        cost: in the unit of the axis; less is better.
        score: MOS; more is better.
        interval: of the score; None when it has none.
    """

    variant: str
    cost: float
    score: float
    interval: Interval | None


def pareto_front(points: Sequence[Cost]) -> tuple[Cost, ...]:
    """The points that no other beats in cost without losing score, cheapest first."""
    front: list[Cost] = []
    for one in sorted(points, key=lambda each: (each.cost, -each.score)):
        if not front or one.score > front[-1].score:
            front.append(one)
    return tuple(front)


def cost_chart(name: str, points: Sequence[Cost], axis: str) -> str:
    """MOS against a cost, the Pareto front marked."""
    front = pareto_front(points)
    said = "; ".join(f"{one.variant} {one.score:.2f} at {one.cost:.3g}" for one in points)
    best = ", ".join(one.variant for one in front)

    def paint(canvas: Canvas) -> None:
        axes = canvas.figure.add_subplot()
        axes.grid(visible=True, lw=0.7)
        axes.set_axisbelow(True)
        axes.plot([one.cost for one in front], [one.score for one in front], color=SOFT, lw=1.5, zorder=1)
        for one in points:
            on_front = one in front
            words = f"{one.variant}: MOS {one.score:.3f}{_range(one.interval, 3)} at {one.cost:.4g} {axis}"
            words += ", on the Pareto front" if on_front else ""
            if one.interval:
                ends = [one.interval.low, one.interval.high]
                axes.plot([one.cost] * 2, ends, color=ACCENT if on_front else MUTED, lw=1.4)
            face = ACCENT if on_front else PAPER
            edge = ACCENT if on_front else MUTED
            axes.plot([one.cost], [one.score], "o", ms=8, mfc=face, mec=edge, mew=1.6, gid=canvas.say(words))
            right = one.cost > 0.6 * max(each.cost for each in points)
            axes.annotate(
                one.variant, (one.cost, one.score), (-8 if right else 8, 5), textcoords="offset points",
                ha="right" if right else "left",
            )  # fmt: skip
        axes.margins(x=0.14)
        axes.set_xlim(left=max(0.0, axes.get_xlim()[0]))
        axes.set_xlabel(axis)
        axes.set_ylabel("MOS")
        axes.tick_params(axis="y", colors=MUTED, length=0)

    return wide_and_narrow(name, f"MOS against {axis}: {said}. Pareto front: {best}.", 300, paint)


def _rows(canvas: Canvas, names: Sequence[str]) -> Axes:
    axes = canvas.figure.add_subplot()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="both", length=0)
    axes.grid(visible=True, axis="x", lw=0.7)
    axes.set_axisbelow(True)
    return axes


def _mark(
    canvas: Canvas, axes: Axes, y: float, centre: float, found: object, colour: str, words: str
) -> None:
    """A dot with its interval, and a wide invisible line over both that is easy to hover."""
    low = high = centre
    if isinstance(found, Interval):
        low, high = found.low, found.high
        axes.plot([low, high], [y, y], color=colour, lw=3.2, solid_capstyle="round")
    axes.plot([centre], [y], "o", ms=9, mfc=colour, mec=PAPER, mew=1.6)
    axes.annotate(f"{centre:.2f}", (centre, y), (0, 8), textcoords="offset points", ha="center", color=INK)
    axes.plot([low, high], [y, y], color=GRID, alpha=0.0, lw=20, gid=canvas.say(words))


def _limits(
    intervals: Sequence[object], centres: Sequence[float], least: float, most: float
) -> tuple[float, float]:
    """Axis limits that hold all intervals with some air, within what the scale allows."""
    ends = list(centres)
    for found in intervals:
        if isinstance(found, Interval):
            ends += [found.low, found.high]
    if not ends:
        return least, most
    low, high = min(ends), max(ends)
    air = max(0.15, 0.08 * (high - low))
    return max(least, math.floor((low - air) * 10) / 10), min(most, math.ceil((high + air) * 10) / 10)


def _range(found: object, digits: int = 2) -> str:
    if isinstance(found, Interval):
        return f" (95 % interval {found.low:.{digits}f} to {found.high:.{digits}f})"
    return ""
