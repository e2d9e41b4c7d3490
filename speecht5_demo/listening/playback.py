"""What was played of a clip, and names for what was unusual about a rating.

Flagged rows are kept; what to make of them is the analysis' decision. A flag says what the server saw, not that a
listener cheated: a lost connection, a screen reader or a second tab can cause each of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from speecht5_demo.listening.assignment import Trial

TRAP_WRONG = "trap-wrong"
NOT_ALL_HEARD = "not-all-heard"
HEARD_UNKNOWN = "heard-unknown"
HEARD_IMPOSSIBLE = "heard-impossible"
TOO_FAST = "too-fast"
NOT_FETCHED = "not-fetched"
CLOCK_UNSURE = "clock-unsure"
ID_UNSIGNED = "id-unsigned"
RESPONSE_IMPOSSIBLE = "response-impossible"
HEARD_FIRST = "stimulus-first"
HEARD_SECOND = "stimulus-second"

HEADPHONES_DOUBTFUL = "headphones-doubtful"

MANY_AT_ONCE = "many-at-once"

FLAGS: Mapping[str, str] = {
    TRAP_WRONG: "a trap was not answered as it asked",
    NOT_ALL_HEARD: "a clip was rated before it was heard to its end",
    HEARD_UNKNOWN: "the page did not say what was played",
    HEARD_IMPOSSIBLE: "what the page said of the playing cannot be",
    TOO_FAST: "the rating came sooner than its clips last",
    NOT_FETCHED: "a clip was rated that was not fetched to its end",
    RESPONSE_IMPOSSIBLE: "the page says that it took longer than the server saw",
    CLOCK_UNSURE: "the server's clock was set back meanwhile: its times say nothing",
    ID_UNSIGNED: "the participant's id in the link was not signed",
    HEADPHONES_DOUBTFUL: "headphones were named and the check for them was not passed",
    MANY_AT_ONCE: "many sessions were begun within a minute from one network: a classroom, or one script",
}
"""What each flag of a rating means, for the owner of a study."""

MUST_HEAR = 0.95
"""Share of a clip that must really have been played before it can be rated."""


@dataclass(frozen=True)
class Playback:
    """What the page reports about a rating; any of it may be missing or made up.

    Attributes:
        heard_fraction: union of the played ranges over the length, 0..1; the smaller one of a pair.
        plays: how often playing was started.
        response_s: seconds from the first start to the rating.
    """

    heard_fraction: float | None
    plays: int | None
    response_s: float | None

    @classmethod
    def from_page(cls, heard: object, plays: object, response_s: object) -> "Playback":
        """Whatever arrived, reduced to what can be a number."""
        count = (
            plays if isinstance(plays, int) and not isinstance(plays, bool) and 0 <= plays < 10**6 else None
        )
        return cls(_number(heard), count, _number(response_s))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e7 else None  # false for NaN, and for integers beyond any float


def doubts_headphones(said: str, check: str) -> bool:
    """Whether somebody who says to wear headphones got more than one round of the check wrong, or skipped it."""
    right, _, asked = check.partition("/")
    passed = right.isdigit() and asked.isdigit() and int(right) >= int(asked) - 1 > 0
    return said in ("headphones", "earphones") and not passed


def least_s(trial: Trial) -> float:
    """Seconds that hearing a trial's clips takes at least; a tenth is left to clocks."""
    return MUST_HEAR * trial.audio_s - 0.1


def flags_of(trial: Trial, rating: int, playback: Playback, since_s: float, fetched: bool) -> tuple[str, ...]:
    """The flags of a rating.

    Args:
        since_s: seconds between the moment that hearing could begin and receiving the rating, by the server's clock;
            below zero where the clock was set back in between, which says nothing about the listener.
        fetched: whether the trial's clips were fetched, each to its end.
    """
    flags = []
    if trial.stimulus.expected is not None and trial.role == "trap" and rating != trial.stimulus.expected:
        flags.append(TRAP_WRONG)
    heard = playback.heard_fraction
    if heard is None or playback.plays is None:
        flags.append(HEARD_UNKNOWN)
    elif not 0 <= heard <= 1.001 or (heard > 0) != (playback.plays > 0):
        flags.append(HEARD_IMPOSSIBLE)
    if heard is not None and heard < MUST_HEAR:
        flags.append(NOT_ALL_HEARD)
    if not fetched:
        flags.append(NOT_FETCHED)
    if since_s < 0:
        flags.append(CLOCK_UNSURE)
    elif since_s < least_s(trial):
        flags.append(TOO_FAST)
    reported = playback.response_s
    if reported is not None and (reported < 0 or 0 <= since_s < reported - 5):
        flags.append(RESPONSE_IMPOSSIBLE)
    if trial.compared_with is not None:
        flags.append(HEARD_FIRST if trial.stimulus_first else HEARD_SECOND)
    return tuple(flags)
