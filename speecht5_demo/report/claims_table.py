"""Claimed versus measured, as HTML, Markdown and JSON."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from speecht5_demo.errors import DemoError
from speecht5_demo.report.claims import Judged
from speecht5_demo.report.tables import Markup, table

BEGIN, END = "<!-- begin table: claims -->", "<!-- end table: claims -->"
HEAD = ("Claim", "Verdict", "Variant", "Measured", "Interval", "n", "CPU", "Checkpoint", "Date")


class ReportError(DemoError):
    """A report cannot be written where it was asked for."""


def claims_piece(judged: Sequence[Judged]) -> str:
    """The table as HTML."""
    rows = []
    for one in judged:
        badge = Markup(
            f'<span class="verdict {one.verdict.replace(" ", "-")}">{one.verdict}</span> '
            f'<span class="why">{html.escape(_why(one))}</span>'
        )
        rows.append([f"{one.claim.metric}: {one.claim.statement}", badge, *_cells(one)])
    return table("Claimed by the source report, measured here", HEAD, rows)


def claims_markdown(judged: Sequence[Judged]) -> str:
    """The table as Markdown."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for one in judged:
        verdict = f"{one.verdict}: {_why(one)}"
        cells = [f"{one.claim.metric}: {one.claim.statement}", verdict, *_cells(one)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def fill_readme(text: str, judged: Sequence[Judged]) -> str:
    """`text` with the table between its marks.

    Raises:
        ReportError: the marks are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ReportError(f"The file has no place for the table: add the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n{claims_markdown(judged)}{END}{after}"


def claims_json(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """The table as data."""
    return [
        {
            "metric": one.claim.metric,
            "claim": one.claim.statement,
            "variant": one.claim.variant,
            "claimed": [one.claim.low, one.claim.high],
            "unit": one.claim.unit,
            "measured": one.found.value if one.found else None,
            "interval": [one.found.low, one.found.high] if one.found and one.found.low is not None else None,
            "n": one.found.n if one.found else None,
            "cpu": one.found.cpu if one.found else None,
            "checkpoint": one.found.checkpoint if one.found else None,
            "date": one.found.date if one.found else None,
            "file": one.found.file if one.found else None,
            "note": one.found.note if one.found else "",
            "verdict": one.verdict,
            "reason": one.reason,
        }
        for one in judged
    ]


def _why(one: Judged) -> str:
    note = f"; {one.found.note}" if one.found and one.found.note else ""
    return one.reason + note


def _cells(one: Judged) -> list[str]:
    """The columns behind the verdict."""
    found = one.found
    if found is None:
        return [one.claim.variant, *["–"] * 6]
    ends = "–"
    if found.low is not None and found.high is not None:
        ends = f"{_number(found.low)} to {_number(found.high)}"
    measured = f"{_number(found.value)} {one.claim.unit}".strip()
    cpu, checkpoint = found.cpu or "–", found.checkpoint or "–"
    return [one.claim.variant, measured, ends, found.n, cpu, checkpoint, found.date[:10]]


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
