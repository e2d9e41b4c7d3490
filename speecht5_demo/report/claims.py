"""The source report's claims, and what became of each.

A claim is a range for one figure of one variant. It is confirmed when the measured figure lies in the range,
not confirmed when it lies outside, and not measured where no result file holds the figure. What a claim is about
decides what may check it:

    a size or a time           any model of the published one's size, random weights included
    a PESQ, a WER, any MOS     the published checkpoint alone
    a change of anything else  whichever voice was measured; the row names it

A figure of another voice is shown beside the claim all the same, and so is a MOS that rests on too little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from speecht5_demo.machine import this_machine
from speecht5_demo.messages import Message
from speecht5_demo.report.measured import BASELINE, Measured, Measurement

ClaimVerdict = Literal["confirmed", "not confirmed", "not measured"]
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
        about: what may check it, as the module says: a model's `size`, the published `voice`, or `any` voice.
        signs: patterns of a change below and above zero; None for a level.
    """

    metric: str
    statement: str
    quantity: str
    variant: str
    low: float
    high: float
    unit: str
    about: Literal["size", "voice", "any"]
    signs: tuple[str, str] | None = None


SIZE, TIME, MOS, PESQ, WER = "Model size", "Time for one sentence", "MOS", "PESQ", "WER"
MORE, LESS, FEWER = "{figure} more", "{figure} less", "{figure} fewer"
LOWER, HIGHER = "{figure} lower", "{figure} higher"
SAVED, SCORED, WRONG = (MORE, LESS), (LOWER, HIGHER), (FEWER, MORE)
CLAIMS: tuple[Claim, ...] = (
    Claim(SIZE, "before: 1-1.5 GB with HiFi-GAN", "megabytes", BASELINE, 1000, 1500, "MB", "size"),
    Claim(SIZE, "INT8: 400-500 MB", "megabytes", "int8", 400, 500, "MB", "size"),
    Claim(SIZE, "INT8: 50-60 % less", "megabytes_change", "int8", 50, 60, "%", "any", SAVED),
    Claim(SIZE, "pruning saves a further 10-20 %", "megabytes_change_after_int8", BOTH, 10, 20, "%", "any", SAVED),
    Claim(SIZE, "both: 300-400 MB", "megabytes", BOTH, 300, 400, "MB", "size"),
    Claim(TIME, "before: 3.5-5 s", "seconds", BASELINE, 3.5, 5, "s", "size"),
    Claim(TIME, "after: 2-2.5 s", "seconds", BOTH, 2, 2.5, "s", "size"),
    Claim(TIME, "30-40 % less", "seconds_change", BOTH, 30, 40, "%", "any", SAVED),
    Claim(MOS, "before: 4.2-4.5", "mos", BASELINE, 4.2, 4.5, "", "voice"),
    Claim(MOS, "after: 4.0-4.3", "mos", BOTH, 4.0, 4.3, "", "voice"),
    Claim(MOS, "0.1-0.2 lower", "mos_change", BOTH, -0.2, -0.1, "points", "voice", SCORED),
    Claim(PESQ, "before: about 4.1", "pesq", BASELINE, 4.05, 4.15, "", "voice"),
    Claim(PESQ, "after: about 3.9", "pesq", BOTH, 3.85, 3.95, "", "voice"),
    Claim(WER, "before: 5-6 %", "wer", BASELINE, 5, 6, "%", "voice"),
    Claim(WER, "after: 7-8 %", "wer", BOTH, 7, 8, "%", "voice"),
    Claim(WER, "1-3 points more", "wer_change", BOTH, 1, 3, "points", "any", WRONG),
)  # fmt: skip


@dataclass(frozen=True)
class CheckedClaim:
    """A claim beside what was measured.

    Attributes:
        found: the figure that was found, of whichever voice; None where there is none.
        verdict: confirmed | not confirmed | not measured.
        reason: why, in a few words.
    """

    claim: Claim
    found: Measurement | None
    verdict: ClaimVerdict
    reason: str


def check_claims(measured: Measured) -> tuple[CheckedClaim, ...]:
    """Every claim with its verdict, in the report's order."""
    return tuple(_check(claim, measured) for claim in CLAIMS)


def _check(claim: Claim, measured: Measured) -> CheckedClaim:
    found = measured.best(claim.quantity, claim.variant)
    if found is None:
        return CheckedClaim(claim, None, "not measured", Message("no result file holds this figure"))
    voice = found.source.checkpoint or Message("an unnamed voice")
    fits = found.source.published or (claim.about == "size" and bool(found.source.full_size))
    if not fits and claim.about != "any":
        reason = Message(
            "measured on {voice}, which is not the published model: shown, not judged", voice=voice
        )
        return CheckedClaim(claim, found, "not measured", reason)
    if found.too_little:
        return CheckedClaim(claim, found, "not measured", found.too_little)
    other_voice = not (fits or found.source.full_size)
    if claim.low <= found.value <= claim.high:
        reason = Message("lies in the claimed range")
        return CheckedClaim(claim, found, "confirmed", _measured_on(voice, reason) if other_voice else reason)
    if found.value < claim.low:
        reason = Message("lies below the claimed range")
    else:
        reason = Message("lies above the claimed range")
    ends = found.interval
    if ends is not None and ends[0] <= claim.high and ends[1] >= claim.low:
        reason = Message("{reason}, though its interval reaches into it", reason=reason)
    return CheckedClaim(claim, found, "not confirmed", _measured_on(voice, reason) if other_voice else reason)


def _measured_on(voice: str, reason: Message) -> Message:
    return Message("{reason}; measured on {voice}, not on the published model", reason=reason, voice=voice)


def elsewhere(checked: CheckedClaim) -> bool:
    """Whether the figure depends on a machine and is from another one than this."""
    found = checked.found
    if found is None or found.source.machine is None or not checked.claim.quantity.startswith("seconds"):
        return False
    there, here = found.source.machine, this_machine()
    return (there.cpu, there.capabilities) != (here.cpu, here.capabilities)
