"""What was measured: one figure each, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BASELINE = "baseline"


@dataclass(frozen=True)
class Measurement:
    """One figure of one variant.

    Attributes:
        quantity: megabytes | seconds | mos | pesq | wer, or one of these with `_change` (share of the
            baseline saved for megabytes and seconds; variant minus baseline for the others).
        variant: name.
        value: in the quantity's unit; wer in percent.
        low, high: 95 % interval, or the 10th and 90th percentile of repeats; None where there is none.
        n: what it rests on, in words.
        cpu: the machine's processor; empty where it plays no part.
        checkpoint: which voice.
        date: ISO 8601.
        file: where it was read.
        full_size: whether the model has the size of the published SpeechT5; None when the file does not say.
        note: what a reader must know beside it.
        threads: that computed it; 0 where it plays no part.
    """

    quantity: str
    variant: str
    value: float
    low: float | None
    high: float | None
    n: str
    cpu: str
    checkpoint: str
    date: str
    file: str
    full_size: bool | None = None
    note: str = ""
    threads: int = 0


@dataclass(frozen=True)
class Measured:
    """All figures that were found.

    Attributes:
        measurements: in the order of the files.
        files: the result files used.
        problems: files that look like results and could not be used, with the reason.
    """

    measurements: tuple[Measurement, ...] = ()
    files: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()

    def best(self, quantity: str, variant: str, full_size: bool = False) -> Measurement | None:
        """The figure to quote: of a full-size model before a small one, of the fewest threads, the newest of equals."""
        found = [
            one
            for one in self.measurements
            if one.quantity == quantity and one.variant == variant and (not full_size or one.full_size)
        ]
        return max(found, key=lambda one: (bool(one.full_size), -one.threads, one.date), default=None)


def together(*parts: Measured) -> Measured:
    """Several collections as one."""
    return Measured(
        tuple(one for part in parts for one in part.measurements),
        tuple(path for part in parts for path in part.files),
        tuple(problem for part in parts for problem in part.problems),
    )
