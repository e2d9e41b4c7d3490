"""Each rating once, whatever files it stands in.

| what repeats                                     | what counts                               | told as    |
|--------------------------------------------------|-------------------------------------------|------------|
| a rating_id, with the same answer                | the first row                             | duplicate  |
| a rating_id, with another answer (two servers    | the first by time; the others stay in the | conflict   |
| took one trial before they knew of each other)   | table, flagged `conflict`, and are named  |            |
| rows without rating_id, in a copy of a file      | the first file's                          | copied-row |
| the same listener and clip, with other answers,  | all of them: these may be other listeners | note       |
| in two files without rating_id                   |                                           |            |
| a rating that a later one corrects               | the correction                            | corrected  |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from speecht5_demo.messages import Message
from speecht5_demo.rendering.wording import counted, of_count


@dataclass(frozen=True)
class ReadProblem:
    """Something in the files that does not count, or is not in the table.

    Attributes:
        kind: torn-line | broken-line | bad-value | duplicate | conflict | copied-row | corrected | empty-rating |
            unreadable | set-aside | note. A note says how a file was understood; nothing is left out for it.
        path: the file; empty when the problem is of all files together.
        count: how many rows (or cells, for bad-value) are affected.
        message: one sentence for people.
        column: of a bad-value.
    """

    kind: str
    path: str
    count: int
    message: str
    column: str = ""


CONFLICT = "conflict"
"""Flag of a row that answers a trial which was answered before, and of the problem that names it."""
UNNAMED = "row "
"""How the ids begin that reading gives to rows without one."""
_CLIP = (
    "study_id",
    "listener_id",
    "session_id",
    "sentence_id",
    "stimulus_id",
    "speaker",
    "variant",
    "role",
    "method",
)


def each_once(frame: pd.DataFrame, some_unnamed: bool) -> tuple[pd.DataFrame, list[ReadProblem]]:
    """The table without what repeats, conflicting answers flagged, and what was found.

    Args:
        some_unnamed: whether reading gave ids to rows that had none; a million ids need not be looked at otherwise.
    """
    problems: list[ReadProblem] = []
    repeated = frame["rating_id"].duplicated(keep=False).to_numpy()
    drop = np.zeros(len(frame), dtype=bool)
    if repeated.any():
        drop |= _repeats(frame, repeated, problems)
    if some_unnamed:
        unnamed = frame["rating_id"].str.startswith(UNNAMED).to_numpy(dtype=bool, na_value=False)
        drop |= _copies(frame, unnamed, problems)
    if "corrects" in frame and (frame["corrects"] != "").any():
        drop |= _corrected(frame, drop, problems)
    return (frame[~drop].reset_index(drop=True) if drop.any() else frame), problems


def _repeats(frame: pd.DataFrame, repeated: np.ndarray, problems: list[ReadProblem]) -> np.ndarray:
    """Rows to drop; a conflicting answer is dropped only where the table has no flags to mark it with."""
    rows = frame.loc[repeated]
    if "submitted_at" in rows:
        rows = rows.sort_values("submitted_at", kind="stable", na_position="last")
    copies = rows.duplicated(["rating_id", "rating"])
    conflicting = rows["rating_id"].duplicated() & ~copies
    if conflicts := int(conflicting.sum()):
        names = ", ".join(rows.loc[conflicting, "rating_id"].astype(str).unique()[:3])
        message = of_count(
            conflicts,
            "1 row gives a rating_id another rating ({names}); the first by time counts, the others are kept and "
            "flagged {flag}.",
            "{n} rows give a rating_id another rating ({names}); the first by time counts, the others are kept and "
            "flagged {flag}.",
            names=names,
            flag=CONFLICT,
        )
        problems.append(ReadProblem(CONFLICT, "", conflicts, message))
    if same := int(copies.sum()):
        message = of_count(
            same,
            "1 row repeats a rating_id; the first of each counts.",
            "{n} rows repeat a rating_id; the first of each counts.",
        )
        problems.append(ReadProblem("duplicate", "", same, message))
    marked = "flags" in frame
    if conflicts and marked:
        flag_rows(frame, rows.index[conflicting], CONFLICT)
    return np.asarray(frame.index.isin(rows.index[copies if marked else copies | conflicting]))


def flag_rows(frame: pd.DataFrame, rows: pd.Index, flag: str) -> None:
    """Add a flag to the cells of some rows."""
    cells = frame.loc[rows, "flags"].astype(str)
    flagged = [cell if flag in cell.split(";") else ";".join(filter(None, (cell, flag))) for cell in cells]
    new = sorted(set(flagged) - set(frame["flags"].cat.categories))
    frame["flags"] = frame["flags"].cat.add_categories(new)
    frame.loc[rows, "flags"] = flagged


def _corrected(frame: pd.DataFrame, dropped: np.ndarray, problems: list[ReadProblem]) -> np.ndarray:
    """Rows whose listener gave another rating in their place."""
    named = frame.loc[~dropped, "corrects"].astype(str)
    corrected = frame["rating_id"].isin(set(named) - {""}).to_numpy(dtype=bool)
    if count := int((corrected & ~dropped).sum()):
        message = Message(
            "{n} ratings were corrected by their listeners; the correction of each counts.", n=count
        )
        problems.append(ReadProblem("corrected", "", count, message))
    return np.asarray(corrected)


def _copies(frame: pd.DataFrame, unnamed: np.ndarray, problems: list[ReadProblem]) -> np.ndarray:
    """Rows of a file that stand in an earlier one, where all that the two share is the same."""
    drop = np.zeros(len(frame), dtype=bool)
    rows = frame.loc[unnamed]
    file = rows["rating_id"].str.removeprefix(UNNAMED).str.rsplit(":", n=1).str[0]
    if file.nunique() < 2:
        return drop
    clip = rows[[name for name in _CLIP if name in rows]].astype(str).agg("\x1f".join, axis=1)
    clip = clip + "\x1f" + clip.groupby([file, clip]).cumcount().astype(str)
    answer = rows["rating"].fillna(-1e9)
    earlier: dict[str, tuple[float, str]] = {}
    for name in file.unique():
        of_file = (file == name).to_numpy()
        shared = [(index, one, value) for index, one, value in zip(
            rows.index[of_file], clip[of_file], answer[of_file], strict=True) if one in earlier]  # fmt: skip
        others = sum(earlier[one][0] != value for _, one, value in shared)
        if shared and not others:
            drop |= np.asarray(frame.index.isin([index for index, _, _ in shared]))
            source = earlier[shared[0][1]][1]
            message: str = of_count(
                len(shared),
                "1 row of {file} is those of {other}; each counts once.",
                "{n} rows of {file} are those of {other}; each counts once.",
                file=_base(name),
                other=_base(source),
            )
            problems.append(ReadProblem("copied-row", name, len(shared), message))
        elif shared:
            message = (
                f"{_rows_are(len(shared), name)} of listeners and clips that an earlier file has too, "
                f"{others} of them with another rating; all count. "
                "Are these other listeners? Give them names of their own."
            )
            problems.append(ReadProblem("note", name, 0, message))
        for one, value in zip(clip[of_file], answer[of_file], strict=True):
            earlier.setdefault(one, (value, name))
    return drop


def _rows_are(count: int, name: str) -> str:
    return f"{counted(count, 'row')} of {_base(name)} {'is' if count == 1 else 'are'}"


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]
