"""When a voice counts as broken."""

from __future__ import annotations

from collections.abc import Iterable

from speecht5_demo.messages import Message
from speecht5_demo.results import SweepPoint

MORE_WORDS, RUNAWAYS = 0.10, 0.05
RULE = Message(
    "A voice counts as broken from the smallest amount on where the word error rate is surely more than {words} of the "
    "words above the baseline's (lower end of the 95 % interval), or where more than {runaways} of the sentences do "
    "not stop by themselves.",
    words=f"{MORE_WORDS:.0%}",
    runaways=f"{RUNAWAYS:.0%}",
)


def breaks_at(points: Iterable[SweepPoint]) -> float | None:
    """The smallest amount at which the voice is broken by `RULE`, None where it holds to the end."""
    for point in sorted(points, key=lambda point: point.amount):
        words = point.quality.get("wer")
        lost = words.difference if words else None
        surely = lost.ci95[0] if lost and lost.ci95 else 0.0
        if surely > MORE_WORDS or (point.mean("stop") or 0.0) > RUNAWAYS:
            return point.amount
    return None
