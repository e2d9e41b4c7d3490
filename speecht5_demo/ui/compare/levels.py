"""The loudness of samples: by the rule that levels the clips of a study, since a louder sample is rated better.

Each sample gets one linear gain to the same loudness (BS.1770). One that would pass the peak limit at that loudness is
brought as near as it can be, and the page plays the others of its comparison as much quieter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.levelling import Samples, apply_gain, common_target, gain_db, measure
from speecht5_demo.listening.study import Loudness

RULE = Loudness()


@dataclass(frozen=True)
class Level:
    """What was done to one sample.

    Attributes:
        lufs: its loudness now.
        gain_db: that brought it there.
    """

    lufs: float
    gain_db: float


def levelled(samples: Samples, sampling_rate: int) -> tuple[Samples, Level | None]:
    """The sample at the study's loudness; as it is, and no level, where it is silent."""
    try:
        found = measure(samples, sampling_rate)
    except StudyError:
        return samples, None
    target = common_target([found], RULE)
    gain = gain_db(found, target)
    return apply_gain(samples, gain), Level(target, gain)


def volume(level: Level | None, company: Iterable[Level | None]) -> float:
    """How loud the page plays a sample, 0 to 1, so that all samples of its comparison are as loud as the quietest."""
    if level is None:
        return 1.0
    quietest = min(other.lufs for other in (level, *company) if other is not None)
    return round(float(10 ** ((quietest - level.lufs) / 20)), 4)
