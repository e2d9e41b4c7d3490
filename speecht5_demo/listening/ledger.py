"""What has already happened, read from the disk and kept up to date.

The ratings and sessions files are the only memory of a study: a server that starts again, or a second one
on the same folder, knows from them which trials of a session are done. Files are followed like a log, each
from where the last look ended, so that a look costs next to nothing when nothing is new.
"""

import csv
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from speecht5_demo.listening.append_only import complete_length
from speecht5_demo.listening.cells import restore
from speecht5_demo.listening.decisions import Decisions, FollowedDecisions


@dataclass
class SessionRecord:
    """What the files say about one session.

    Attributes:
        rated: numbers of the trials that have a rating on disk.
        columns: the last value of every column that an event gave.
        events: names of the events that happened.
    """

    rated: set[int] = field(default_factory=set)
    columns: dict[str, str] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)


class Ledger:
    """The sessions of one study, from a folder of ratings and sessions files; safe to use from threads."""

    def __init__(self, folder: Path, study_id: str) -> None:
        self._folder = folder
        self._study_id = study_id
        self._read: dict[Path, int] = {}
        self._columns: dict[Path, list[str]] = {}
        self._sessions: dict[str, SessionRecord] = {}
        self._followed = FollowedDecisions(folder)
        self._decisions = Decisions()
        self._lock = threading.Lock()

    def session(self, session_id: str) -> SessionRecord:
        """The record as the files are now."""
        with self._lock:
            self._read_new()
            return self._sessions.setdefault(session_id, SessionRecord())

    def sessions(self) -> dict[str, SessionRecord]:
        """All sessions that have started, by id."""
        with self._lock:
            self._read_new()
            return {name: record for name, record in self._sessions.items() if record.events or record.rated}

    def is_deleted(self, session_id: str) -> bool:
        """Whether the owner deleted the session, so that nothing of it may be written down again."""
        return self._followed.now().is_deleted(session_id)

    def _forget_deleted(self) -> None:
        decisions = self._followed.now()
        if decisions is not self._decisions:
            self._decisions = decisions
            for session_id in list(filter(decisions.is_deleted, self._sessions)):
                del self._sessions[session_id]

    def _read_new(self) -> None:
        if not self._folder.is_dir():
            return
        self._forget_deleted()
        for path in sorted(self._folder.glob("*.csv")):
            if not path.name.startswith(("ratings", "sessions")) or not path.is_file():
                continue
            if path.stat().st_size > self._read.get(path, 0):
                for row in self._new_rows(path):
                    self._take(row)

    def _new_rows(self, path: Path) -> Iterator[dict[str, str]]:
        with path.open("rb") as stream:
            whole = complete_length(stream)
            start = self._read.get(path, 0)
            stream.seek(start)
            lines = io.StringIO(
                stream.read(max(0, whole - start)).decode("utf-8", errors="replace"), newline=""
            )
        self._read[path] = max(start, whole)
        rows = csv.reader(lines)
        if not self._columns.get(path):
            self._columns[path] = next(rows, [])
        columns = self._columns[path]
        for row in rows:
            if len(row) == len(columns):
                yield dict(zip(columns, row, strict=True))

    def _take(self, row: dict[str, str]) -> None:
        session_id = row.get("session_id", "")
        if row.get("study_id") != self._study_id or not session_id or self._decisions.is_deleted(session_id):
            return
        record = self._sessions.setdefault(session_id, SessionRecord())
        if "event" in row:
            record.events.add(row["event"])
            record.columns.update({name: restore(cell) for name, cell in row.items() if cell})
        elif row.get("trial", "").isdigit():
            record.rated.add(int(row["trial"]))
            record.columns.setdefault("listener_id", row.get("listener_id", ""))
