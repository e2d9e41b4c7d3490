"""The loudness of samples: by the rule that levels the clips of a study, since a louder sample is rated better.

Each sample gets one linear gain to the same loudness (BS.1770). One that would pass the peak limit at that loudness is
brought as near as it can be, and the page plays the others of its comparison as much quieter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from speecht5_demo.errors import StudyError
from speecht5_demo.listening import levelling as measured
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


def level_gains(samples: Sequence[Samples], sampling_rate: int) -> list[float]:
    """Gains in dB that make samples equally loud, as loud as the rule allows all of them; 0 for one that is silent."""
    found: list[measured.Level | None] = []
    for each in samples:
        try:
            found.append(measure(each, sampling_rate))
        except StudyError:
            found.append(None)
    audible = [level for level in found if level is not None]
    target = common_target(audible, RULE) if audible else 0.0
    return [0.0 if level is None else gain_db(level, target) for level in found]
