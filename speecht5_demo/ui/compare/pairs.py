"""Votes on pairs: each version beside the baseline, in both orders, without names.

A trial is two samples of one comparison: which sounds better, or is there no difference? The second is asked against
the first, and the row says the version against the baseline, as in a study of method AB.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from speecht5_demo.listening.methods import AB
from speecht5_demo.messages import Message, joined

if TYPE_CHECKING:
    from speecht5_demo.ui.compare.cards import Card

QUESTION = AB.questions["preference"]


@dataclass
class PairTrial:
    """One pair in one order.

    Attributes:
        number: among all pairs of the comparison, the same whatever order they are heard in.
        version: the sample that is compared with the baseline.
        baseline: that of the baseline.
        version_first: whether the version is the first of the two.
        vote: of the second against the first, -1 to +1; set after its row is on the disk.
        rating_id: of that row.
        corrections: how often the vote was changed.
    """

    number: int
    version: Card
    baseline: Card
    version_first: bool
    vote: int | None = None
    rating_id: str = ""
    corrections: int = 0
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    @property
    def clips(self) -> tuple[Card, Card]:
        """In the order in which they are heard."""
        return (self.version, self.baseline) if self.version_first else (self.baseline, self.version)

    def kept(self, vote: int) -> int:
        """The vote as it is written: the version against the baseline. Its own inverse."""
        return AB.kept(vote, self.version_first, "test")


def pair_trials(made: list[Card], baseline: Card, shuffle: Random) -> list[PairTrial]:
    """All pairs of a comparison, in the order they are heard."""
    others = sorted((card for card in made if card is not baseline), key=lambda card: card.variant.name)
    trials = [
        PairTrial(2 * place + order, card, baseline, version_first=bool(order))
        for place, card in enumerate(others)
        for order in (0, 1)
    ]
    shuffle.shuffle(trials)
    return trials


def pair_views(
    trials: list[PairTrial], audio: Callable[[Card], dict[str, object]]
) -> list[dict[str, object]]:
    """What a page may know of the pairs before the names are revealed: tickets, sounds and its own votes."""
    return [
        {
            "ticket": trial.ticket,
            "place": place,
            "vote": trial.vote,
            "clips": [audio(card) for card in trial.clips],
        }
        for place, trial in enumerate(trials, start=1)
    ]


def votes_for(trials: list[PairTrial], card: Card) -> str:
    """What the visitor said of a version, in words."""
    kept = [trial.kept(trial.vote) for trial in trials if trial.version is card and trial.vote is not None]
    if not kept:
        return Message("not compared")
    said = (
        ("better {times} of {all}", 1),
        ("no difference {times} of {all}", 0),
        ("worse {times} of {all}", -1),
    )
    counts = [
        Message(pattern, times=kept.count(value), all=len(kept)) for pattern, value in said if value in kept
    ]
    return joined(", ", [*counts])
