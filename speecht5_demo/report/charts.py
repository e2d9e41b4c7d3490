"""The pictures of a listening test: scores, differences, distributions, and what quality costs.

Every picture has its numbers on hover and beside it in a table, and a sentence for those who do not see it, in the
language of who reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, ParamSpec

from speecht5_demo.listening.analysis.interval import Interval, NotEnough, bounds
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.analysis.paired import Comparison
from speecht5_demo.listening.methods import ACR
from speecht5_demo.messages import Message, Reader, joined, reader, told
from speecht5_demo.rendering.row_chart import ROW, Row, height, named_rows, row_chart
from speecht5_demo.rendering.scatter import Point, scatter
from speecht5_demo.rendering.svg import ACCENT, BAD, GOOD, MUTED, PAPER, POINTS, Canvas, for_page
from speecht5_demo.rendering.wording import counted, ends, rests_on

P = ParamSpec("P")
KEPT = 160
"""Charts: some ten a language."""
COLOURS = {"not worse": GOOD, "worse": BAD}


def drawn_once(chart: Callable[P, str]) -> Callable[P, str]:
    """The same figures are drawn once a language: a picture takes a tenth of a second, and many pages show it."""

    @lru_cache(maxsize=KEPT)
    def kept(_: Reader | None, *arguments: Any, **named: Any) -> str:
        return chart(*arguments, **named)

    @wraps(chart)
    def drawn(*arguments: P.args, **named: P.kwargs) -> str:
        hashable: list[Any] = [tuple(one) if isinstance(one, list) else one for one in arguments]
        names: dict[str, Any] = dict(named)
        return kept(reader(), *hashable, **names)

    return drawn


@drawn_once
def score_chart(
    name: str, scores: Sequence[Mos], scale: tuple[float, float] = (ACR.low, ACR.high), graded: bool = True
) -> str:
    """MOS with 95 % intervals, one row a variant, and below each as a thin line the interval that may be watched.

    `graded` says whether the points of the scale are the grades of P.800.

    Scores without an interval rest on too little and are left out; nothing is drawn without any.
    """
    shown = [one for one in scores if bounds(one.ci95)]
    rows = [
        Row(
            name=one.variant,
            centre=one.mos,
            text=f"{one.mos:.2f}",
            words=Message(
                "{variant}: MOS {score}, {basis}",
                variant=one.variant,
                score=_with_interval(f"{one.mos:.3f}", one.ci95, 3),
                basis=rests_on(one.n_ratings, one.n_listeners, one.n_sentences),
            ),
            interval=bounds(one.ci95),
            thin=bounds(one.ci95_anytime),
        )
        for one in shown
    ]
    low, high = _limits(rows, *scale)
    axis = (
        Message("mean opinion score, 1 bad to 5 excellent")
        if graded
        else Message("mean opinion score, {low:g} to {high:g}", low=scale[0], high=scale[1])
    )

    def paint(canvas: Canvas) -> None:
        row_chart(canvas, rows, axis).set_xlim(low, high)

    said = joined("; ", [_with_interval(f"{one.variant} {one.mos:.2f}", one.ci95) for one in shown])
    label = Message("Mean opinion scores: {scores}.", scores=said)
    return for_page(name, label, height(len(rows)), paint) if rows else ""


@drawn_once
def difference_chart(name: str, comparisons: Sequence[Comparison], margin: float) -> str:
    """Baseline minus variant with 95 % intervals, the margin drawn; empty where no difference has an interval."""
    shown = [
        (one, one.difference) for one in comparisons if one.difference and bounds(one.difference.interval)
    ]
    rows = [
        Row(
            name=one.variant,
            centre=found.mean,
            text=f"{found.mean:+.2f}",
            words=Message(
                "{variant}: {difference}, {pairs}; {verdict}",
                variant=one.variant,
                difference=_with_interval(f"{found.mean:+.3f}", found.interval, 3),
                pairs=counted(found.n, "pair"),
                verdict=one.text,
            ),
            interval=bounds(found.interval),
            colour=COLOURS.get(one.verdict, ACCENT),
        )
        for one, found in shown
    ]
    low, high = _limits(rows, -4, 4)
    low, high = min(low, -0.1), max(high, margin + 0.1)

    def paint(canvas: Canvas) -> None:
        axis = Message(
            "baseline minus variant, points: right is rated lower; dashed: margin {margin:g}", margin=margin
        )
        axes = row_chart(canvas, rows, axis)
        axes.axvspan(low, margin, color=GOOD, alpha=0.07, lw=0)
        axes.axvline(0, color=MUTED, lw=1)
        words = canvas.say(Message("margin {margin:g}", margin=margin))
        axes.axvline(margin, color=GOOD, lw=1.2, ls=(0, (4, 3)), gid=words)
        axes.set_xlim(low, high)

    said = joined(
        "; ",
        [
            joined(
                ", ",
                [
                    _with_interval(f"{one.variant} {found.mean:+.2f}", found.interval),
                    Message(one.verdict),
                ],
            )
            for one, found in shown
        ],
    )
    label = Message(
        "Baseline minus variant in points, margin {margin:g}: {differences}.", margin=margin, differences=said
    )
    return for_page(name, label, height(len(rows)), paint) if rows else ""


@drawn_once
def distribution_chart(name: str, scores: Sequence[Mos]) -> str:
    """How often each grade was given, as shares of all ratings of a variant; those on too little are left out."""
    shown = [one for one in scores if bounds(one.ci95)]
    grades = [told(Message(word)) for word in ACR.labels]
    said = "; ".join(
        f"{one.variant} "
        + ", ".join(f"{n} {word.lower()}" for n, word in zip(one.counts, grades, strict=True))
        for one in shown
    )

    def paint(canvas: Canvas) -> None:
        axes = named_rows(canvas, [one.variant for one in shown])
        for y, one in enumerate(shown):
            left, total = 0.0, max(sum(one.counts), 1)
            for point, n in enumerate(one.counts, start=1):
                share = 100 * n / total
                words = Message(
                    "{variant}: {n} of {total} ratings {point} {grade} ({share:.1f} %)",
                    variant=one.variant, n=n, total=total, point=point, grade=grades[point - 1], share=share,
                )  # fmt: skip
                axes.barh(
                    y, share, left=left, height=0.62, color=POINTS[point - 1], edgecolor=PAPER, lw=1,
                    gid=canvas.say(words), label=f"{point} {grades[point - 1]}" if y == 0 else None,
                )  # fmt: skip
                left += share
        axes.set_xlim(0, 100)
        axes.set_xlabel(told(Message("% of ratings")))
        columns = 5 if canvas.figure.get_figwidth() > 6 else 3
        canvas.figure.legend(loc="outside upper left", ncols=columns, handlelength=1, columnspacing=1)

    label = Message("Distribution of grades: {grades}.", grades=said)
    return for_page(name, label, 108 + ROW * len(shown), paint) if shown else ""


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
    interval: tuple[float, float] | None


def pareto_front(points: Sequence[Cost]) -> tuple[Cost, ...]:
    """The points that no other beats in cost without losing score, cheapest first."""
    front: list[Cost] = []
    for one in sorted(points, key=lambda each: (each.cost, -each.score)):
        if not front or one.score > front[-1].score:
            front.append(one)
    return tuple(front)


@drawn_once
def cost_chart(name: str, points: Sequence[Cost], axis: str) -> str:
    """MOS against a cost, the Pareto front marked."""
    front = pareto_front(points)
    drawn = {
        one.variant: Point(
            x=one.cost,
            y=one.score,
            name=one.variant,
            words=_cost_words(one, axis, one in front),
            strong=one in front,
            y_interval=one.interval,
        )
        for one in points
    }

    def paint(canvas: Canvas) -> None:
        scatter(canvas, [*drawn.values()], axis, "MOS", line=[drawn[one.variant] for one in front])

    said = joined(
        "; ",
        [
            Message(
                "{variant} {score:.2f} at {cost:.3g}", variant=one.variant, score=one.score, cost=one.cost
            )
            for one in points
        ],
    )
    label = Message(
        "MOS against {axis}: {points}. Pareto front: {front}.",
        axis=axis,
        points=said,
        front=", ".join(one.variant for one in front),
    )
    return for_page(name, label, 340, paint)


def _cost_words(one: Cost, axis: str, best: bool) -> Message:
    words = Message(
        "{variant}: MOS {score} at {cost:.4g} {axis}",
        variant=one.variant,
        score=_with_interval(f"{one.score:.3f}", one.interval, 3),
        cost=one.cost,
        axis=axis,
    )
    return Message("{point}, on the Pareto front", point=words) if best else words


def _limits(rows: Iterable[Row], least: float, most: float) -> tuple[float, float]:
    """Axis limits that hold all rows with some air, within what the scale allows."""
    reached = [
        end for row in rows for part in (row.interval, row.thin, (row.centre,)) if part for end in part
    ]
    if not reached:
        return least, most
    low, high = min(reached), max(reached)
    air = max(0.15, 0.08 * (high - low))
    return max(least, math.floor((low - air) * 10) / 10), min(most, math.ceil((high + air) * 10) / 10)


def _with_interval(
    figure: str, found: Interval | NotEnough | tuple[float, float] | None, digits: int = 2
) -> str:
    given = found if isinstance(found, tuple) else bounds(found)
    if not given:
        return figure
    return Message("{figure} (95 % interval {ends})", figure=figure, ends=ends(given, digits))
