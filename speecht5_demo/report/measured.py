"""What was measured: one figure each, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.machine import Machine

BASELINE = "baseline"


@dataclass(frozen=True)
class Source:
    """Where a figure is from.

    Attributes:
        file: name of the result file, or what stands for it.
        date: ISO 8601.
        checkpoint: which voice, in words.
        published: whether that is the checkpoint that the source report is about.
        full_size: whether the model has the size of the published SpeechT5; None when the file does not say.
        machine: that computed it; None where it plays no part.
        threads: of the machine; 0 where they play no part.
        seeds: dropout seeds that an utterance was averaged over.
    """

    file: str
    date: str
    checkpoint: str
    published: bool
    full_size: bool | None = None
    machine: Machine | None = None
    threads: int = 0
    seeds: int = 1


@dataclass(frozen=True)
class Measurement:
    """One figure of one variant.

    Attributes:
        quantity: megabytes | seconds | mos | pesq | wer, or one of these with `_change`: percent of the baseline
            saved for megabytes and seconds, variant minus baseline for the others.
        variant: name.
        value: in the quantity's unit; wer in percent.
        interval: 95 % interval, or the 10th and 90th percentile of repeats; None where there is none.
        n: what it rests on, in words.
        source: where it is from.
        note: what a reader must know beside it.
        too_little: why it rests on too little to be judged; empty where it does not.
    """

    quantity: str
    variant: str
    value: float
    interval: tuple[float, float] | None
    n: str
    source: Source
    note: str = ""
    too_little: str = ""


@dataclass(frozen=True)
class Measured:
    """All figures that were found.

    Attributes:
        measurements: in the order of the files.
        files: the result files used.
        problems: files that could not be used, with the reason.
    """

    measurements: tuple[Measurement, ...] = ()
    files: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()

    def best(self, quantity: str, variant: str) -> Measurement | None:
        """The figure to quote: of the published voice, else a full-size one, of the fewest threads and seeds, the
        newest. A run of several seeds is made for a difference; the tables are of one.
        """
        found = [one for one in self.measurements if (one.quantity, one.variant) == (quantity, variant)]
        return max(found, key=_rank, default=None)


def _rank(one: Measurement) -> tuple[bool, bool, int, int, str]:
    source = one.source
    return source.published, bool(source.full_size), -source.threads, -source.seeds, source.date


def together(*parts: Measured) -> Measured:
    """Several collections as one."""
    return Measured(
        tuple(one for part in parts for one in part.measurements),
        tuple(path for part in parts for path in part.files),
        tuple(problem for part in parts for problem in part.problems),
    )
