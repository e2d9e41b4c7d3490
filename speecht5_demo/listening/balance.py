"""Which of several possible listener ids serves the study best.

Orders are a pure function of the listener's id, and ids are random, so thirty listeners would leave one sentence with
two ratings and another with nine. Ids cost nothing, though: for a listener who begins, a few are made, and the one is
taken whose sentences, and whose opening variant, were heard least so far. That needs to know who has begun, from the
disk; a server that does not know takes the first id and loses nothing but a little balance.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from speecht5_demo.listening.assignment import Trial

CANDIDATES = 12

Plan = Sequence[Trial]


class Balance:
    """How often each sentence was given out, and each variant opened a session."""

    def __init__(self) -> None:
        self._heard: Counter[str] = Counter()

    def add(self, plan: Plan) -> None:
        """Count a session that has begun."""
        self._heard.update(_cells(plan))

    def best(self, plans: Iterable[Plan]) -> int:
        """The number of the plan that evens things out most; the first of equals."""
        costs = [sum(2 * self._heard[cell] + 1 for cell in _cells(plan)) for plan in plans]
        return costs.index(min(costs))


def _cells(plan: Plan) -> list[str]:
    tests = [trial.stimulus for trial in plan if trial.role == "test"]
    opening = [f"opens {tests[0].variant}"] if tests else []
    return sorted({f"{clip.sentence_id} {clip.speaker}" for clip in tests}) + opening
