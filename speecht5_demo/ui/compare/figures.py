"""Numbers as people read them, and changes against the baseline in words as well as in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from speecht5_demo.messages import Message


class Change(TypedDict):
    """A change against the baseline: in words, and `better`, `worse` or empty."""

    text: str
    direction: str


class Fact(TypedDict):
    """One line of a card's facts."""

    name: str
    value: str
    change: Change | None


class Cell(TypedDict):
    """One figure in the table of a comparison."""

    text: str
    change: Change | None


SAME_WITHIN = 0.02
"""Changes smaller than this share are called "no change"."""


def seconds(value: float) -> str:
    """`312 ms` below a second, `1.24 s` above."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def change(value: float, baseline: float | None, less: str, more: str) -> Change | None:
    """How much less or more than the baseline; less is better in all that is compared here.

    Args:
        value: of this variant.
        baseline: of the baseline; None where it is not part of the comparison.
        less, more: patterns such as "{share} faster" and "{share} slower".
    """
    if baseline is None or baseline <= 0:
        return None
    share = value / baseline - 1
    if abs(share) < SAME_WITHIN:
        return {"text": Message("no change"), "direction": ""}
    if share < 0:
        return {"text": Message(less, share=f"{-share:.0%}"), "direction": "better"}
    return {"text": Message(more, share=f"{share:.0%}"), "direction": "worse"}


def overlap(runs: Sequence[float], baseline: Sequence[float]) -> bool:
    """Whether the spans of two series of timed runs share a value, so that their medians prove little."""
    return len(runs) > 1 and max(min(runs), min(baseline)) <= min(max(runs), max(baseline))


def row(name: str, value: str, delta: Change | None = None) -> Fact:
    """One line of a card's facts."""
    return {"name": Message(name), "value": value, "change": delta}
