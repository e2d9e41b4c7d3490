"""Telling simulated listeners from people, so that nobody takes a simulation for evidence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from speecht5_demo.listening.decisions import found_beside

SIMULATION = "simulation"  # what `simulate` gives as the crowd platform's study


def simulated_sessions(sources: str | Path | Iterable[str | Path]) -> frozenset[str]:
    """Ids of the sessions that `study simulate` made, from the sessions files in or beside the sources."""
    found: set[str] = set()
    for path in found_beside(sources, "sessions*.csv"):
        try:
            frame = pd.read_csv(
                path,
                usecols=["session_id", "platform_study"],
                dtype=str,
                keep_default_na=False,
                on_bad_lines="skip",
            )
        except (OSError, ValueError):
            continue  # not one of our sessions files: nothing in it says "simulated"
        found.update(frame.loc[frame["platform_study"] == SIMULATION, "session_id"])
    return frozenset(found)
