"""The score table as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io

from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.listening.analysis.interval import Interval
from speecht5_demo.listening.cells import neutralise

COLUMNS = (
    "view",
    "variant",
    "mos",
    "ci95_low",
    "ci95_high",
    "ci95_listener_low",
    "ci95_listener_high",
    "ci95_naive_low",
    "ci95_naive_high",
    "n_ratings",
    "n_listeners",
    "n_sentences",
    "n_1",
    "n_2",
    "n_3",
    "n_4",
    "n_5",
    "difference_to_baseline",
    "difference_low",
    "difference_high",
    "p",
    "p_holm",
    "verdict",
    "listeners_needed",
)


def summary_csv(analysis: Analysis) -> str:
    """One row a variant and view (all, screened, casual); empty where there is not enough data."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    views = [("all", analysis.headline), ("screened", analysis.screened)]
    if analysis.casual:
        views.append(("casual", analysis.casual))
    for name, view in views:
        compared = {one.variant: one for one in view.comparisons}
        for one in view.variants:
            other = compared.get(one.variant)
            found = other.difference if other else None
            writer.writerow(
                [
                    name,
                    neutralise(one.variant),
                    f"{one.mos:.6f}",
                    *_ends(one.ci95),
                    *_ends(one.ci95_listener),
                    *_ends(one.ci95_naive),
                    one.n_ratings,
                    one.n_listeners,
                    one.n_sentences,
                    *one.counts,
                    f"{found.mean:.6f}" if found else "",
                    *_ends(found.interval if found else None),
                    _number(found.p if found else None),
                    _number(other.p_holm if other else None),
                    other.verdict if other else "",
                    "" if other is None or other.needed.listeners is None else other.needed.listeners,
                ]
            )
    return stream.getvalue()


def _ends(found: object) -> tuple[str, str]:
    return (f"{found.low:.6f}", f"{found.high:.6f}") if isinstance(found, Interval) else ("", "")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
