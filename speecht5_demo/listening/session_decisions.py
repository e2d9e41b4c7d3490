"""The sessions that a server has seen, and what its owner does with them: set aside, take back, delete.

| what       | ratings and events                        | the analysis           | the listener             |
|------------|-------------------------------------------|------------------------|--------------------------|
| set aside  | stay where they are; readers mark them    | leaves them out        | notices nothing          |
| taken back | as before                                 | as before              | notices nothing          |
| deleted    | are overwritten on this disk, and erased  | never had them         | is refused, and begins   |
|            | from the store by each server that learns |                        | afresh after a reload    |
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.decisions import (
    DELETE,
    SET_ASIDE,
    TAKE_BACK,
    Decision,
    DecisionsWriter,
    read_decisions,
    session_digest,
)
from speecht5_demo.listening.erasing import erase
from speecht5_demo.listening.listener_locks import ListenerLocks
from speecht5_demo.listening.reading import read_ratings
from speecht5_demo.listening.rows import iso_utc
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.messages import Message

log = logging.getLogger(__name__)

DONE = {SET_ASIDE: "set aside", TAKE_BACK: "taken back", DELETE: "deleted"}


@dataclass(frozen=True)
class SeenSession:
    """What the files say of a session.

    Attributes:
        session_id, listener_id: of it.
        source: study | compare.
        began, ended: ISO 8601 in UTC; `ended` is empty where it did not end.
        ratings: rows of it, practice and traps among them.
        device, headphones: as the listener said.
        participant: id on a crowd platform, where it came with one.
        code: that was shown at the end.
        flags: how many of its ratings carry each flag.
        aside: the decision that set it aside, if that is how it stands.
    """

    session_id: str
    listener_id: str
    source: str
    began: str
    ended: str
    ratings: int
    device: str
    headphones: str
    participant: str
    code: str
    flags: tuple[tuple[str, int], ...]
    aside: Decision | None


class SessionDecisions:
    """Of one folder of ratings.

    Args:
        folder: of ratings, sessions and decisions.
        keep: asks the store, where there is one, to follow; whether it did. True where there is none.
    """

    def __init__(self, folder: Path, keep: Callable[[], bool] = lambda: True) -> None:
        self._folder = folder
        self._keep = keep
        self._writer = DecisionsWriter(folder)

    def seen(self) -> list[SeenSession]:
        """All sessions, the latest first."""
        self._folder.mkdir(parents=True, exist_ok=True)
        columns = ("session_id", "listener_id", "source", "submitted_at", "flags", "study_id")
        frame = read_ratings(self._folder, only=columns).frame
        events, decisions = read_sessions(self._folder), read_decisions(self._folder)
        said = {str(name): row for name, row in events.iterrows()}
        rows = {str(name): one for name, one in frame.groupby("session_id", observed=True)}
        names = [name for name in {*rows, *said} if name]
        found = [
            self._of(
                name,
                rows.get(name, frame.iloc[:0]),
                said.get(name),
                decisions.aside(name),
            )
            for name in names
        ]
        return sorted(found, key=lambda one: (one.began, one.session_id), reverse=True)

    def set_aside(self, session_id: str, reason: str) -> None:
        """Leave a session out of the analysis; its rows stay.

        Raises:
            RatingsError: there is none of that id, it gives no reason, or the disk did not take it.
        """
        if not reason.strip():
            raise RatingsError(Message("Say why the session is set aside: it stands beside its ratings."))
        self._decide(session_id, SET_ASIDE, reason.strip())

    def take_back(self, session_id: str) -> None:
        """Let a session count again that was set aside."""
        if self._find(session_id).aside is None:
            raise RatingsError(Message("This session is not set aside."))
        self._decide(session_id, TAKE_BACK, "")

    def delete(self, session_id: str) -> bool:
        """Keep nothing of a session; whether the store keeps nothing of it either.

        Raises:
            RatingsError: there is none of that id.
            OutputError: the disk did not take it.
        """
        self._decide(session_id, DELETE, "")
        return self._keep()

    def close(self) -> None:
        """Release the file."""
        self._writer.close()

    def _decide(self, session_id: str, action: str, reason: str) -> None:
        session = self._find(session_id)
        # An answer that is being written down is on the disk before, or refused after.
        with self._turn_of(session.listener_id):
            digest = session_digest(session_id)
            self._writer.append(Decision(session=digest, action=action, reason=reason))
            rows = erase(self._folder, {digest}) if action == DELETE else session.ratings
        log.info("The owner decided: a session is %s (%d rows).", DONE[action], rows)
        if action != DELETE:
            self._keep()

    def _turn_of(self, listener_id: str) -> AbstractContextManager[None]:
        try:
            uuid.UUID(listener_id)
        except ValueError:
            return nullcontext()
        return ListenerLocks(self._folder).of(listener_id)

    def _find(self, session_id: str) -> SeenSession:
        found = next((one for one in self.seen() if one.session_id == session_id), None)
        if found is None:
            raise RatingsError(Message("There is no such session any more. Choose another one."))
        return found

    @staticmethod
    def _of(name: str, rows: pd.DataFrame, events: pd.Series | None, aside: Decision | None) -> SeenSession:
        def said(column: str) -> str:
            return "" if events is None else str(events[column])

        flags = Counter(
            flag for cell in rows["flags"] for flag in str(cell).split(";") if flag and flag != SET_ASIDE
        )
        first = rows.iloc[0] if len(rows) else None
        times = rows["submitted_at"].dropna()
        return SeenSession(
            session_id=name,
            listener_id=said("listener_id") or ("" if first is None else str(first["listener_id"])),
            source="study" if first is None else str(first["source"]),
            began=said("started_at") or (iso_utc(times.min().to_pydatetime()) if len(times) else ""),
            ended=said("ended_at"),
            ratings=len(rows),
            device=said("device"),
            headphones=said("headphones"),
            participant=said("platform_participant"),
            code=said("completion_code"),
            flags=tuple(sorted(flags.items())),
            aside=aside,
        )
