"""Claimed versus measured, as HTML, Markdown and data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from speecht5_demo.checkpoints.hub_ids import PUBLISHED
from speecht5_demo.messages import Message, joined, messages
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import in_english, paragraph
from speecht5_demo.rendering.markdown_table import markdown_table
from speecht5_demo.rendering.wording import counted, spanned
from speecht5_demo.report.claims import CheckedClaim, Claim, ClaimVerdict, elsewhere
from speecht5_demo.report.tables import badge

HEAD = messages("Claim", "Verdict", "Variant", "Measured", "Interval", "n", "CPU", "Checkpoint", "Date")
FILL = "make report-published"
LISTENERS = "python -m speecht5_demo study prepare"


@dataclass(frozen=True)
class ClaimRow:
    """A claim beside what was measured, as plain data.

    Attributes:
        metric, claim, variant, unit: of the claim.
        claimed: the range.
        measured, interval, n, note: of the figure; None or empty where there is none.
        cpu, checkpoint, date, file: where it is from.
        elsewhere: whether it depends on a machine and is from another one.
        verdict, reason: what became of the claim.
    """

    metric: str
    claim: str
    variant: str
    unit: str
    claimed: tuple[float, float]
    measured: float | None
    interval: tuple[float, float] | None
    n: str
    cpu: str
    checkpoint: str
    date: str
    file: str
    note: str
    elsewhere: bool
    verdict: ClaimVerdict
    reason: str


def claim_rows(checked: Sequence[CheckedClaim]) -> tuple[ClaimRow, ...]:
    """The table as data."""
    return tuple(map(_row, checked))


def _row(one: CheckedClaim) -> ClaimRow:
    claim, found = one.claim, one.found
    source = found.source if found else None
    return ClaimRow(
        metric=claim.metric,
        claim=claim.statement,
        variant=claim.variant,
        unit=claim.unit,
        claimed=(claim.low, claim.high),
        measured=found.value if found else None,
        interval=found.interval if found else None,
        n=found.n if found else "",
        cpu=_cpu(one),
        checkpoint=source.checkpoint if source else "",
        date=source.date if source else "",
        file=source.file if source else "",
        note=found.note if found else "",
        elsewhere=elsewhere(one),
        verdict=one.verdict,
        reason=one.reason,
    )


def claims_piece(checked: Sequence[CheckedClaim]) -> str:
    """The table as HTML, and what fills its empty rows; the claims are quoted, in English for all."""
    rows = [
        [
            in_english(f"{one.claim.metric}: {one.claim.statement}"),
            badge(one.verdict, _why(one)),
            *_cells(one),
        ]
        for one in checked
    ]
    remarks = "".join(map(paragraph, remarks_on(checked, here=True)))
    return table(Message("Claimed by the source report, measured here"), HEAD, rows) + remarks.replace(
        "`", ""
    )


def claims_markdown(checked: Sequence[CheckedClaim]) -> str:
    """The table as Markdown, and what fills its empty rows."""
    rows = [
        [f"{one.claim.metric}: {one.claim.statement}", f"{one.verdict}: {_why(one)}", *_cells(one)]
        for one in checked
    ]
    return "\n\n".join([markdown_table(HEAD, rows, numbers=len(HEAD)), *remarks_on(checked)]) + "\n"


def remarks_on(checked: Sequence[CheckedClaim], here: bool = False) -> list[str]:
    """Sentences below the table.

    Args:
        checked: the rows.
        here: whether the reader sits at this machine, so that figures of another one are said to be so.
    """
    said: list[str] = []
    others = [one for one in checked if one.found and not one.found.source.published]
    voices = sorted({one.found.source.checkpoint for one in others if one.found})
    if voices:
        said.append(
            Message(
                "{rows} of {all} measured on {voices}, not on {published}. Where that can be loaded, one command fills "
                "them for it: `{command}`.",
                rows=counted(len(others), "row"),
                all=len(checked),
                voices=", ".join(voices),
                published=PUBLISHED,
                command=FILL,
            )
        )
    if any(one.claim.quantity.startswith("mos") and one.verdict == "not measured" for one in checked):
        said.append(
            Message(
                "MOS rows need a listening test of {published}: `{command}`.",
                published=PUBLISHED,
                command=LISTENERS,
            )
        )
    away = {
        one.found.source.machine.cpu
        for one in checked
        if elsewhere(one) and one.found and one.found.source.machine
    }
    if here and away:
        said.append(Message("Times are from another machine: {machines}.", machines=", ".join(sorted(away))))
    return said


def measured_text(claim: Claim, value: float) -> str:
    """A figure with its unit; a change says in a word which way it goes, never by a sign alone."""
    if claim.signs is None:
        return f"{_number(value)} {claim.unit}".strip()
    figure = _number(abs(value))
    if claim.unit == "points":
        return Message(claim.signs[value > 0], figure=Message("{number} points", number=figure))
    return Message(claim.signs[value > 0], figure=f"{figure} {claim.unit}")


def _why(one: CheckedClaim) -> str:
    return joined("; ", [one.reason, one.found.note]) if one.found and one.found.note else one.reason


def _cpu(one: CheckedClaim) -> str:
    machine = one.found.source.machine if one.found else None
    if one.found is None or machine is None:
        return ""
    return joined(", ", [machine.cpu, counted(one.found.source.threads, "thread")])


def _cells(one: CheckedClaim) -> list[str | None]:
    """The columns behind the verdict."""
    found, claim = one.found, one.claim
    if found is None:
        return [claim.variant, *[None] * 6]
    ends = None
    if found.interval and not found.too_little:
        ends = spanned(*(_number(end, sign=claim.signs is not None) for end in found.interval))
    source = found.source
    measured = measured_text(claim, found.value)
    return [
        claim.variant,
        measured,
        ends,
        found.n,
        _cpu(one) or None,
        source.checkpoint or None,
        source.date[:10],
    ]


def _number(value: float, sign: bool = False) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
