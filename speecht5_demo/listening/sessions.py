"""The sessions of a study as a table: one row a session, folded from its events."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.listening.cells import restore
from speecht5_demo.listening.decisions import read_decisions
from speecht5_demo.listening.session_events import SESSION_COLUMNS


def read_sessions(folder: Path) -> pd.DataFrame:
    """One row a session of a folder that was agreed to, indexed by session_id; all text.

    `started_at` is when the listener agreed (`consent_at` is the same), `ended_at` is empty while the session runs;
    every other column holds the last value given to it. A session that was deleted is none.
    """
    events = [frame for frame in map(_read_events, sorted(folder.glob("sessions*.csv"))) if len(frame)]
    columns = ["study_id", "listener_id", "started_at", "consent_at", "ended_at", *SESSION_COLUMNS[7:]]
    if not events:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="session_id"), dtype=str)
    merged = pd.concat(events).fillna("").drop_duplicates("event_id").sort_values("at", kind="stable")
    deleted = set(filter(read_decisions(folder).is_deleted, merged["session_id"].unique()))
    agreed = set(merged.loc[merged["event"] == "consent", "session_id"]) - deleted
    merged = merged[merged["session_id"].isin(agreed)]
    for event, name in (("consent", "started_at"), ("consent", "consent_at"), ("end", "ended_at")):
        merged[name] = merged["at"].where(merged["event"] == event, "")
    # Of the times the first counts, of everything else the last that was said.
    said = merged.replace("", np.nan).groupby("session_id")
    times = ["started_at", "consent_at", "ended_at"]
    folded = said.last().reindex(columns=columns)
    folded[times] = said[times].first()
    return folded.fillna("")


def _read_events(path: Path) -> pd.DataFrame:
    with path.open("rb") as stream:
        whole = complete_length(stream)
        stream.seek(0)
        lines = io.BytesIO(stream.read(whole))
    if not whole:
        return pd.DataFrame()
    return pd.read_csv(lines, dtype=str, keep_default_na=False, on_bad_lines="skip", encoding="utf-8").map(
        restore
    )
