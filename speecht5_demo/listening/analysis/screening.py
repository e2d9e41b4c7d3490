"""Which sessions a crowd study would not pay attention to, and why.

The rules are the defaults of crowdsourced practice (ITU-T P.808 and its open toolkit): every clip heard, trap
questions answered as asked, practice done, ratings that vary. A rule applies only where the data hold what it
checks: without trap rows there is no trap rule. Screening takes rows out of a view of the data; files keep
every row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from speecht5_demo.listening.analysis.cleaning import CleanedRatings, flagged
from speecht5_demo.listening.duplicates import CONFLICT
from speecht5_demo.listening.playback import (
    HEARD_IMPOSSIBLE,
    MUST_HEAR,
    NOT_FETCHED,
    RESPONSE_IMPOSSIBLE,
    TOO_FAST,
    TRAP_WRONG,
)

RULES: Mapping[str, str] = {
    "not-heard": "a clip was rated without being heard to its end",
    "trap-missed": "a trap question was not answered as it asked",
    "no-practice": "the practice clips were not done",
    "no-variation": "the ratings hardly vary",
    "impossible": "a rating came faster, or with other figures, than hearing the clip allows",
}
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_ASKED = re.compile(r"\b(one|two|three|four|five|[1-5])\b", re.IGNORECASE)


LEAST_VARIANCE, RATINGS_FOR_VARIANCE = 0.1, 4
"""In squared points; a session with fewer ratings is not screened by how they vary."""
IMPOSSIBLE = (TOO_FAST, NOT_FETCHED, HEARD_IMPOSSIBLE, RESPONSE_IMPOSSIBLE)
"""Flags that make a rating count as given too early."""


@dataclass(frozen=True)
class ScreenedSession:
    """One session that was taken out.

    Attributes:
        session: its id; the listener's where rows name no session.
        listener: who took it.
        reasons: names of the rules it broke, keys of `RULES`.
        ratings: counted ratings it held.
    """

    session: str
    listener: str
    reasons: tuple[str, ...]
    ratings: int


@dataclass(frozen=True)
class Screening:
    """What is left, and who was taken out.

    Attributes:
        kept: counted rows of the sessions that broke no rule.
        removed: the sessions taken out.
        applied: rules for which the data held what they check.
        removed_by_rule: sessions by rule; one session may break several.
    """

    kept: pd.DataFrame
    removed: tuple[ScreenedSession, ...]
    applied: tuple[str, ...]
    removed_by_rule: dict[str, int]


def screen(cleaned: CleanedRatings, traps: Mapping[str, int] | None = None) -> Screening:
    """Screen the sessions of cleaned ratings.

    Args:
        traps: stimulus id of a trap -> the rating it asks for. Where a trap is not in it, the number in its
            text counts ("please choose two").
    """
    frame, counted = cleaned.frame, cleaned.counted
    session = _session_codes(frame)
    total = int(session.max()) + 1 if session.size else 0
    is_counted = cleaned.reason == 0
    present = np.bincount(session[is_counted], minlength=total) > 0
    broken: dict[str, np.ndarray] = {}

    heard = frame["heard_fraction"].to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isfinite(heard[is_counted]).any():
        with np.errstate(invalid="ignore"):
            unheard = is_counted & (heard < MUST_HEAR - 1e-6)
        broken["not-heard"] = _any(session, unheard, total)
    missed = _traps_missed(cleaned, traps or {})
    if missed is not None:
        broken["trap-missed"] = _any(session, missed, total)
    practised = np.asarray((frame["role"] == "practice").to_numpy(dtype=bool))
    if practised.any():
        broken["no-practice"] = ~_any(session, practised, total)
    variance, n = _variance(counted["rating"].to_numpy(dtype=np.float64), session[is_counted], total)
    if (n >= RATINGS_FOR_VARIANCE).any():
        broken["no-variation"] = (n >= RATINGS_FOR_VARIANCE) & (variance < LEAST_VARIANCE - 1e-12)
    early = is_counted & flagged(frame, *IMPOSSIBLE)
    if early.any():
        broken["impossible"] = _any(session, early, total)

    out = np.zeros(total, dtype=bool)
    for which in broken.values():
        out |= which
    out &= present
    kept = counted.loc[~out[session[is_counted]]]
    return Screening(
        kept,
        _describe(frame, session, is_counted, out, broken),
        tuple(broken),
        {name: int((which & present).sum()) for name, which in broken.items()},
    )


def flag_counts(frame: pd.DataFrame) -> dict[str, int]:
    """Rows that carry each flag."""
    counts: dict[str, int] = {}
    for cell, n in frame["flags"].value_counts().items():
        for name in filter(None, (part.strip() for part in str(cell).split(";"))):
            counts[name] = counts.get(name, 0) + int(n)
    return dict(sorted((name, n) for name, n in counts.items() if n))


def flagged_sessions(frame: pd.DataFrame) -> dict[str, int]:
    """Sessions with at least one row that carries each flag."""
    session = _session_codes(frame)
    names = flag_counts(frame)
    return {name: int(np.unique(session[flagged(frame, name)]).size) for name in names}


@lru_cache(maxsize=1024)
def asked_for(text: str) -> int | None:
    """The rating that a trap's text asks for: its last number from one to five."""
    found = _ASKED.findall(text)
    if not found:
        return None
    word = found[-1].lower()
    return _NUMBER_WORDS.get(word) or int(word)


def _session_codes(frame: pd.DataFrame) -> np.ndarray:
    session, listener = frame["session_id"].astype("category"), frame["listener_id"].astype("category")
    named = np.asarray(session.cat.codes, dtype=np.int64)
    empty = np.asarray((session == "").to_numpy(dtype=bool, na_value=True))
    return np.where(
        empty, len(session.cat.categories) + np.asarray(listener.cat.codes, dtype=np.int64), named
    )


def _any(session: np.ndarray, rows: np.ndarray, total: int) -> np.ndarray:
    return np.bincount(session[rows], minlength=total) > 0


def _variance(values: np.ndarray, session: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Sample variance of the ratings of each session (0 where it has fewer than two), and their number."""
    n = np.bincount(session, minlength=total)
    sums = np.bincount(session, weights=values, minlength=total)
    squares = np.bincount(session, weights=values**2, minlength=total)
    spread = np.maximum(squares - sums**2 / np.maximum(n, 1), 0)
    return np.where(n > 1, spread / np.maximum(n - 1, 1), 0.0), n


def _traps_missed(cleaned: CleanedRatings, traps: Mapping[str, int]) -> np.ndarray | None:
    """Rows of traps answered otherwise than asked; None when no trap says what it asks.

    The server's own flag counts first: it knew the answer.
    """
    frame, answers = cleaned.frame, ~cleaned.has(CONFLICT)
    rows = np.flatnonzero(np.asarray((frame["role"] == "trap").to_numpy(dtype=bool)) & answers)
    missed = flagged(frame, TRAP_WRONG) & answers
    judged_any = bool(missed.any())
    for row, stimulus, text, rating in zip(
        rows,
        frame["stimulus_id"].iloc[rows].astype(str),
        frame["text"].iloc[rows].astype(str),
        frame["rating"].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan),
        strict=True,
    ):
        expected = traps.get(stimulus, asked_for(text))
        if expected is not None:
            judged_any = True
            missed[row] |= rating != expected
    return missed if judged_any else None


def _describe(
    frame: pd.DataFrame,
    session: np.ndarray,
    is_counted: np.ndarray,
    out: np.ndarray,
    broken: Mapping[str, np.ndarray],
) -> tuple[ScreenedSession, ...]:
    held = np.bincount(session[is_counted], minlength=out.size)
    first_row = np.full(out.size, len(frame), dtype=np.int64)
    np.minimum.at(first_row, session, np.arange(len(frame)))
    found = []
    removed = np.flatnonzero(out)
    rows = first_row[removed]
    sessions, listeners = (frame[name].iloc[rows].astype(str) for name in ("session_id", "listener_id"))
    for one, name, listener in zip(removed, sessions, listeners, strict=True):
        reasons = tuple(rule for rule, which in broken.items() if which[one])
        found.append(ScreenedSession(name or listener, listener, reasons, int(held[one])))
    return tuple(sorted(found, key=lambda each: each.session))
