"""Which rows are ratings that count, and why each of the others does not.

Nothing is deleted and nothing is guessed: every row gets one verdict, the first rule that applies, so that
the counts add up to the number of rows read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from speecht5_demo.listening.analysis.interval import BoolArray, FloatArray, IntArray
from speecht5_demo.listening.decisions import SET_ASIDE
from speecht5_demo.listening.duplicates import CONFLICT
from speecht5_demo.listening.methods import ACR, METHODS

COUNTED = "counted"
NOT_RATINGS_OF_A_TEST = {
    "practice": "practice clip",
    "trap": "trap question",
    "anchor": "low anchor, reported apart",
    "repeat": "baseline repeated with another seed, reported as noise floor",
}
REASONS: Mapping[str, str] = {
    "other-study": "the row belongs to another study",
    SET_ASIDE: "the study's owner set the session aside",
    "missing-variant": "the row names no variant",
    "missing-listener": "the row names no listener",
    "missing-sentence": "the row names neither sentence, text nor stimulus",
    CONFLICT: "another answer under the same rating_id; the first by time counts",
    "not-blind": "the listener knew what was heard",
    **NOT_RATINGS_OF_A_TEST,
    "unknown-role": "the role is not one of test, repeat, anchor, trap, practice",
    "pair": "a comparison of two clips, reported apart",
    "other-method": "a question type that is not known here",
    "invalid-rating": "no number on the scale",
    "casual": "rated on the Compare page, reported apart",
}
COLUMNS = (
    "study_id",
    "session_id",
    "listener_id",
    "submitted_at",
    "source",
    "blind",
    "position",
    "method",
    "question",
    "role",
    "stimulus_id",
    "compared_with",
    "sentence_id",
    "text",
    "speaker",
    "variant",
    "checkpoint",
    "rating",
    "heard_fraction",
    "flags",
)
_REASON_NAMES = (COUNTED, *REASONS)


@dataclass(frozen=True)
class CleanedRatings:
    """A table of ratings, each row counted or left out for a reason.

    Attributes:
        frame: the rows as read, with `sentence_key` added: sentence_id, else text, else stimulus_id.
        reason: of each row, shape (rows,): 0 is `counted`, the others are the places of `REASONS`, from 1 on.
    """

    frame: pd.DataFrame
    reason: IntArray

    @property
    def counted(self) -> pd.DataFrame:
        return self.rows(COUNTED)

    def has(self, name: str) -> BoolArray:
        """Which rows have one reason."""
        return np.asarray(self.reason == _REASON_NAMES.index(name))

    def rows(self, name: str) -> pd.DataFrame:
        """The rows with one reason."""
        chosen: pd.DataFrame = self.frame.loc[self.has(name)]
        return chosen

    def counts(self) -> dict[str, int]:
        """Rows left out, by reason; reasons that never applied are absent."""
        totals = np.bincount(self.reason, minlength=len(_REASON_NAMES))
        return {name: int(n) for name, n in zip(_REASON_NAMES[1:], totals[1:], strict=True) if n}


def clean(
    frame: pd.DataFrame,
    study_id: str | None = None,
    scale: tuple[float, float] = (ACR.low, ACR.high),
    method: str = ACR.name,
) -> CleanedRatings:
    """Give every row its reason to be left out, or count it.

    Ratings from the Compare page count only where there is not one from a study.

    Args:
        frame: as `read_ratings` gives it.
        study_id: take only this study's ratings; those of all studies when None.
        scale: the ends of the scale; what lies between the steps counts as it is.
        method: the question type that counts.
    """
    frame = frame.loc[:, [name for name in COLUMNS if name in frame.columns]]
    frame = frame.assign(sentence_key=_sentence_key(frame))
    reason = np.zeros(len(frame), dtype=np.int64)
    # Written from the last rule to the first, so that the first one that applies is the one that stays.
    pair = np.any([_is(frame, "method", one.name) for one in METHODS.values() if one.paired], axis=0)
    checks: list[tuple[str, np.ndarray]] = [
        ("invalid-rating", ~_between(frame, *scale)),
        ("other-method", ~_is(frame, "method", method)),
        ("pair", pair),
    ]
    known = _is(frame, "role", "test")
    for role in NOT_RATINGS_OF_A_TEST:
        of_role = _is(frame, "role", role)
        known = known | of_role
        checks.append((role, of_role))
    checks += [
        ("unknown-role", ~known),
        (CONFLICT, flagged(frame, CONFLICT)),
        ("not-blind", ~frame["blind"].to_numpy(dtype=bool)),
        ("missing-sentence", _is(frame, "sentence_key", "")),
        ("missing-listener", _is(frame, "listener_id", "")),
        ("missing-variant", _is(frame, "variant", "")),
        (SET_ASIDE, flagged(frame, SET_ASIDE)),
    ]
    if study_id is not None:
        checks.append(("other-study", _is(frame, "source", "study") & ~_is(frame, "study_id", study_id)))
    for name, applies in checks:
        reason[applies] = _REASON_NAMES.index(name)
    casual = (reason == 0) & _is(frame, "source", "compare")
    if casual.any() and not casual[reason == 0].all():
        reason[casual] = _REASON_NAMES.index("casual")
    return CleanedRatings(frame, reason)


def valid_points(frame: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """The rows whose rating is on the scale."""
    chosen: pd.DataFrame = frame.loc[_between(frame, low, high)]
    return chosen


def _between(frame: pd.DataFrame, low: float, high: float) -> np.ndarray:
    rating = frame["rating"].to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return np.asarray((rating >= low) & (rating <= high))


def _is(frame: pd.DataFrame, column: str, word: str) -> np.ndarray:
    return np.asarray((frame[column] == word).to_numpy(dtype=bool, na_value=False))


def flagged(frame: pd.DataFrame, *flags: str) -> np.ndarray:
    """Rows that carry one of the flags."""
    kinds = frame["flags"].astype("category")
    hit = [not set(flags).isdisjoint(str(cell).split(";")) for cell in kinds.cat.categories]
    return np.asarray(np.array([*hit, False], dtype=bool)[np.asarray(kinds.cat.codes)])


def _sentence_key(frame: pd.DataFrame) -> pd.Series:
    """What counts as one sentence; text and stimulus stand in where files of other tools name none."""
    key = frame["sentence_id"].astype("category")
    for stand_in in ("text", "stimulus_id"):
        empty = (key == "").to_numpy(dtype=bool, na_value=True)
        if not empty.any():
            break
        words = key.astype(object).where(~empty, frame[stand_in].astype(object))
        key = words.fillna("").astype("category")
    return key


@dataclass(frozen=True)
class Scores:
    """Ratings as arrays of one length T: what the estimators take.

    Attributes:
        values: the ratings.
        listeners: a code for the listener of each, dense from 0.
        sentences: a code for the sentence of each, dense from 0.
    """

    values: FloatArray
    listeners: IntArray
    sentences: IntArray

    @property
    def n_listeners(self) -> int:
        return int(self.listeners.max()) + 1 if self.listeners.size else 0

    @property
    def n_sentences(self) -> int:
        return int(self.sentences.max()) + 1 if self.sentences.size else 0


def codes(column: pd.Series) -> IntArray:
    """A whole number for each distinct cell, dense from 0, in the order of categories or values."""
    raw = (
        column.cat.codes.to_numpy()
        if isinstance(column.dtype, pd.CategoricalDtype)
        else pd.factorize(column, sort=True)[0]
    )
    return dense(np.asarray(raw, dtype=np.int64))


def dense(raw: IntArray) -> IntArray:
    """The same grouping with codes from 0 and no gaps."""
    if not raw.size:
        return raw
    low = int(raw.min())
    used = np.bincount(raw - low) > 0
    return np.asarray((np.cumsum(used) - 1)[raw - low], dtype=np.int64)


def scores(frame: pd.DataFrame) -> Scores:
    """The arrays of the rows of a frame of cleaned ratings."""
    return Scores(
        frame["rating"].to_numpy(dtype=np.float64), codes(frame["listener_id"]), codes(frame["sentence_key"])
    )
