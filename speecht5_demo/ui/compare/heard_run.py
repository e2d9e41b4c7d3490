"""What a recogniser heard of a run so far, as the run keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from speecht5_demo.quality.hearing import Heard

Phase = Literal["", "opening", "waiting", "hearing", "done", "failed"]


@dataclass
class HeardRun:
    """What is known of one run.

    Attributes:
        lacking: packages that would have to be installed first.
        phase: empty until somebody asks.
        problem: why it failed.
        samples: what was heard so far, by the index of the card.
        asked: monotonic time at which the page last wanted to know.
    """

    lacking: tuple[str, ...] = ()
    phase: Phase = ""
    problem: str = ""
    samples: dict[int, Heard] = field(default_factory=dict)
    asked: float = 0.0

    def fail(self, problem: str) -> None:
        """No more will be heard, unless all was."""
        if self.under_way:
            self.phase, self.problem = "failed", problem

    @property
    def under_way(self) -> bool:
        """Whether more will be known by itself."""
        return self.phase in ("opening", "waiting", "hearing")
