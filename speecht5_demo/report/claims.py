"""The source report's claims, and what became of each.

A claim is a range for one figure of one variant. It is confirmed when the measured figure lies in the range,
not confirmed when it lies outside, and not measured where no result file holds the figure. Levels, such as
megabytes or a WER, are claims about the published SpeechT5: a figure of another voice is shown beside them
and does not judge them. Changes are judged on whichever voice was measured, and the row names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speecht5_demo.report.measured import BASELINE, Measured, Measurement

Verdict = Literal["confirmed", "not confirmed", "not measured"]
BOTH = "pruned-int8"


@dataclass(frozen=True)
class Claim:
    """One claim of the source report.

    Attributes:
        metric: the report's row.
        statement: the claim in its own words.
        quantity: which measurement answers it.
        variant: of which variant.
        low, high: the claimed range, in the quantity's unit.
        unit: for people.
        level: whether it is about the published model itself rather than about a change.
    """

    metric: str
    statement: str
    quantity: str
    variant: str
    low: float
    high: float
    unit: str
    level: bool


SIZE, TIME, MOS, PESQ, WER = "Model size", "Time for one sentence", "MOS", "PESQ", "WER"
CLAIMS: tuple[Claim, ...] = (
    Claim(SIZE, "before: 1-1.5 GB with HiFi-GAN", "megabytes", BASELINE, 1000, 1500, "MB", True),
    Claim(SIZE, "INT8: 400-500 MB", "megabytes", "int8", 400, 500, "MB", True),
    Claim(SIZE, "INT8: 50-60 % less", "megabytes_change", "int8", 50, 60, "% less", False),
    Claim(
        SIZE, "pruning saves a further 10-20 %", "megabytes_change_after_int8", BOTH, 10, 20, "% less", False
    ),
    Claim(SIZE, "both: 300-400 MB", "megabytes", BOTH, 300, 400, "MB", True),
    Claim(TIME, "before: 3.5-5 s", "seconds", BASELINE, 3.5, 5, "s", True),
    Claim(TIME, "after: 2-2.5 s", "seconds", BOTH, 2, 2.5, "s", True),
    Claim(TIME, "30-40 % less", "seconds_change", BOTH, 30, 40, "% less", False),
    Claim(MOS, "before: 4.2-4.5", "mos", BASELINE, 4.2, 4.5, "", True),
    Claim(MOS, "after: 4.0-4.3", "mos", BOTH, 4.0, 4.3, "", True),
    Claim(MOS, "0.1-0.2 lower", "mos_change", BOTH, -0.2, -0.1, "points", False),
    Claim(PESQ, "before: about 4.1", "pesq", BASELINE, 4.05, 4.15, "", True),
    Claim(PESQ, "after: about 3.9", "pesq", BOTH, 3.85, 3.95, "", True),
    Claim(WER, "before: 5-6 %", "wer", BASELINE, 5, 6, "%", True),
    Claim(WER, "after: 7-8 %", "wer", BOTH, 7, 8, "%", True),
    Claim(WER, "1-3 points more", "wer_change", BOTH, 1, 3, "points", False),
)


@dataclass(frozen=True)
class Judged:
    """A claim beside what was measured.

    Attributes:
        found: the figure that was found, of whichever voice; None where there is none.
        verdict: confirmed | not confirmed | not measured.
        reason: why, in a few words.
    """

    claim: Claim
    found: Measurement | None
    verdict: Verdict
    reason: str


def judge_claims(measured: Measured) -> tuple[Judged, ...]:
    """Every claim with its verdict, in the report's order."""
    return tuple(_judge(claim, measured) for claim in CLAIMS)


def _judge(claim: Claim, measured: Measured) -> Judged:
    found = measured.best(claim.quantity, claim.variant)
    if found is None:
        return Judged(claim, None, "not measured", "no result file holds this figure")
    if claim.level and not found.full_size:
        voice = found.checkpoint or "another voice"
        reason = f"measured on {voice}, which is not the published model: shown, not judged"
        return Judged(claim, found, "not measured", reason)
    if claim.low <= found.value <= claim.high:
        return Judged(claim, found, "confirmed", "lies in the claimed range")
    side = "below" if found.value < claim.low else "above"
    touches = (
        found.low is not None
        and found.high is not None
        and found.low <= claim.high
        and found.high >= claim.low
    )
    tail = ", though its interval reaches into it" if touches else ""
    return Judged(claim, found, "not confirmed", f"lies {side} the claimed range{tail}")
