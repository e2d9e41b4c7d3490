"""What the report reads of the document that `mos --json` writes; the document holds more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Score:
    """A variant's mean opinion score.

    Attributes:
        variant: name.
        mos: mean of its ratings.
        ci95: 95 % interval, None with too few ratings.
        n_ratings, n_listeners, n_sentences: what it rests on.
    """

    variant: str
    mos: float
    ci95: tuple[float, float] | None
    n_ratings: int
    n_listeners: int
    n_sentences: int


@dataclass(frozen=True)
class ScoreDifference:
    """Points that a variant lost against the baseline.

    Attributes:
        variant: name.
        difference: baseline minus variant on the same listeners and sentences; None without pairs.
        ci95: 95 % interval, None with too few pairs.
        n_pairs, n_listeners, n_sentences: what it rests on.
    """

    variant: str
    difference: float | None
    ci95: tuple[float, float] | None
    n_pairs: int
    n_listeners: int
    n_sentences: int


@dataclass(frozen=True)
class Collected:
    """Where the ratings are from.

    Attributes:
        checkpoints: titles or specs of the voices that were heard.
        simulated: whether listeners were made up, for trying things out.
        last: when the last rating was given; empty where there is none.
    """

    checkpoints: tuple[str, ...]
    simulated: bool
    last: str


@dataclass(frozen=True)
class ListenersSettings:
    """How the ratings were analysed.

    Attributes:
        source: `study`, or `compare` for casual ratings.
        scale: its ends.
    """

    source: str
    scale: tuple[float, float]


@dataclass(frozen=True)
class ListenersDocument:
    """An analysis of ratings.

    Attributes:
        variants: scores.
        comparisons: differences to the baseline.
        collected: where the ratings are from.
        settings: how they were analysed.
    """

    KIND: ClassVar[str] = "listeners"
    COMMAND: ClassVar[str] = "python -m speecht5_demo mos RATINGS --json"

    variants: tuple[Score, ...]
    comparisons: tuple[ScoreDifference, ...]
    collected: Collected
    settings: ListenersSettings
