"""What the owner decided about sessions, on a table of ratings: deleted ones are not in it, the others are marked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from speecht5_demo.listening.decisions import SET_ASIDE, Decisions
from speecht5_demo.listening.duplicates import ReadProblem, flag_rows
from speecht5_demo.rendering.wording import counted, of_count


def leave_out_deleted(frame: pd.DataFrame, decisions: Decisions) -> tuple[pd.DataFrame, list[ReadProblem]]:
    """The table without deleted sessions, rows of those set aside flagged `set-aside`, and what was found."""
    sessions = frame["session_id"].astype("category")
    names = [str(name) for name in sessions.cat.categories]
    codes = sessions.cat.codes.to_numpy()
    deleted = np.array([*map(decisions.is_deleted, names), False], dtype=bool)[codes]
    aside = np.array([*(decisions.aside(name) is not None for name in names), False], dtype=bool)[codes]
    problems = []
    if count := int(aside.sum()):
        message = of_count(
            count,
            "1 row is of {sessions} that the study's owner set aside: kept, and left out of the analysis.",
            "{n} rows are of {sessions} that the study's owner set aside: kept, and left out of the analysis.",
            sessions=counted(int(frame.loc[aside, "session_id"].nunique()), "session"),
        )
        problems.append(ReadProblem(SET_ASIDE, "", count, message))
        flag_rows(frame, frame.index[aside], SET_ASIDE)
    if not deleted.any():
        return frame, problems
    kept = frame.loc[~deleted].reset_index(drop=True)
    for name in kept.columns:
        # A name among the categories would still be a name.
        if isinstance(kept[name].dtype, pd.CategoricalDtype):
            kept[name] = kept[name].cat.remove_unused_categories()
    return kept, problems
