"""A second measurement with another number of threads, in brackets beside the first where it is stable enough to tell.

On a shared machine one pinned processor is steady and two often are not: threads wait for each other whenever one of
them loses its turn. A ratio whose rounds spread too far is left out instead of being printed as if it were one.
"""

from __future__ import annotations

from typing import Any

from speecht5_demo.errors import DemoError

Document = dict[str, Any]
STABLE_WITHIN = 0.15
"""The most that a ratio's 10th and 90th percentile may differ, as a share of its median."""


class ComparisonError(DemoError):
    """Two measurements are not of the same thing."""


def bracketed(document: Document, other: Document | None) -> dict[str, str]:
    """The other document's ratio of each variant as ` [3.90]`; nothing for one that it lacks or that is not stable.

    Raises:
        ComparisonError: the documents differ in more than threads, rounds and date.
    """
    if other is None:
        return {}
    _check(document, other)
    return {
        row["variant"]: f" [{row['ratio_to_baseline']['median']:.2f}]" for row in _rows(other) if _stable(row)
    }


def about_brackets(other: Document | None) -> str:
    """A sentence on what stands in brackets, and what does not."""
    if other is None:
        return ""
    settings = other["settings"]
    unstable = [row["variant"] for row in _rows(other) if not _stable(row)]
    left_out = f"; left out, as they spread further: {', '.join(unstable)}" if unstable else ""
    return (
        f" In brackets: with {settings['threads']} threads, median of {settings['repeats']} rounds "
        f"({other['measured_at'][:10]}), where the 10th and 90th percentile lie within {STABLE_WITHIN:.0%} of the "
        f"median{left_out}."
    )


def _rows(document: Document) -> list[dict[str, Any]]:
    return [*document["rows"], *document["peers"]]


def _stable(row: dict[str, Any]) -> bool:
    ratio = row["ratio_to_baseline"]
    return bool(ratio["p90"] - ratio["p10"] <= STABLE_WITHIN * ratio["median"])


def _check(document: Document, other: Document) -> None:
    def facts(one: Document) -> dict[str, Any]:
        settings = one["settings"]
        return {
            "checkpoint": one["checkpoint"],
            "CPU": one["machine"]["cpu"],
            **{name: settings[name] for name in ("baseline", "characters", "steps")},
        }

    first, second = facts(document), facts(other)
    if differing := [name for name in first if first[name] != second[name]]:
        name = differing[0]
        raise ComparisonError(
            f"The second document cannot stand in brackets: its {name} is {second[name]}, the first one's "
            f"{first[name]}. Measure both on one machine with the same settings but --threads."
        )
    if document["settings"]["threads"] == other["settings"]["threads"]:
        raise ComparisonError(
            f"Both documents are of {other['settings']['threads']} thread(s). Measure one with another --threads."
        )
