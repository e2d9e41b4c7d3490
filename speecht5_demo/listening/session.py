"""One listener's way through a study, worked out from the plan and from what is on disk.

Nothing is remembered: a reload, a killed server, another replica and another day are all the same case.
"""

from dataclasses import dataclass
from functools import cached_property

from speecht5_demo.listening.assignment import Trial
from speecht5_demo.listening.ledger import SessionRecord
from speecht5_demo.listening.study import Study
from speecht5_demo.listening.views import STEPS

RATING_S = 6
"""Seconds that a rating takes beside the playing, about."""
INTRODUCTION_S = 60


@dataclass(frozen=True)
class Session:
    """Where a listener stands.

    Attributes:
        study: what is taken.
        plan: every trial of this listener, in order.
        record: what the files say at this moment.
    """

    study: Study
    plan: tuple[Trial, ...]
    record: SessionRecord

    @cached_property
    def left(self) -> list[Trial]:
        """Trials without a rating, in order."""
        return [trial for trial in self.plan if trial.number not in self.record.rated]

    @cached_property
    def step(self) -> str:
        """One of STEPS, practice | trial | break | end."""
        for step in STEPS:
            if step not in self.record.events:
                return step
        if not self.left:
            return "end"
        if self.left[0].role == "practice":
            return "practice"
        return "break" if self._break_is_due() else "trial"

    @property
    def trial(self) -> Trial | None:
        """The trial in front of the listener."""
        return self.left[0] if self.step in ("practice", "trial") else None

    @property
    def next_trial(self) -> Trial | None:
        """The trial after this page, to load its clips early."""
        coming = (
            self.left[1:]
            if self.trial
            else self.left
            if self.step in ("level", "headphone-check", "break")
            else []
        )
        return coming[0] if coming else None

    @property
    def place(self) -> tuple[int, int]:
        """Which trial this is among the practice trials, or among the others, and how many those are."""
        alike = [trial for trial in self.plan if (trial.role == "practice") == (self.step == "practice")]
        return (alike.index(self.trial) + 1 if self.trial else 0), len(alike)

    @property
    def minutes(self) -> int:
        """How long the whole session takes, about."""
        return session_minutes(self.plan)

    def _break_is_due(self) -> bool:
        after = self.study.session.break_after
        tests = [trial for trial in self.plan if trial.role != "practice"]
        heard = sum(trial.number in self.record.rated for trial in tests)
        return bool(after) and after <= heard < len(tests) - 1 and "break" not in self.record.events


def session_minutes(plan: tuple[Trial, ...]) -> int:
    """How long a session of these trials takes, about."""
    seconds = sum(trial.audio_s for trial in plan) + RATING_S * len(plan) + INTRODUCTION_S
    return max(1, round(seconds / 60))
