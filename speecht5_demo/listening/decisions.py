"""What the owner decided about sessions: set aside, taken back, deleted. Kept beside the ratings, as they are.

Rows are only ever appended, so that a restart, another server and a store learn of a decision as they learn of a
rating. A session is named by a digest: ids are random, so that nothing leads back from it, and the note that a session
was deleted tells nothing of who took part. Of several decisions about a session the last by time counts; a deletion is
final.
"""

import csv
import hashlib
import io
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from speecht5_demo import __version__
from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.append_only import AppendOnlyCsv, complete_length
from speecht5_demo.listening.cells import neutralise, restore
from speecht5_demo.listening.rows import iso_utc, new_id, utc_now

STEM = "decisions"
SET_ASIDE, TAKE_BACK, DELETE = "set-aside", "take-back", "delete"
ACTIONS = (SET_ASIDE, TAKE_BACK, DELETE)
LONGEST_REASON = 200


def session_digest(session_id: str) -> str:
    """What a session is called here."""
    return hashlib.sha256(f"session\x00{session_id}".encode("utf-8", errors="replace")).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision of the owner.

    Attributes:
        session: `session_digest` of the session.
        action: set-aside | take-back | delete.
        reason: in the owner's words; none for a deletion, which shall say nothing of a person.
    """

    schema_version: int = 1
    decision_id: str = field(default_factory=new_id)
    at: str = field(default_factory=lambda: iso_utc(utc_now()))
    session: str
    action: str
    reason: str = ""
    app_version: str = __version__

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise RatingsError(f"action is {self.action!r}; it must be one of {', '.join(ACTIONS)}.")
        if len(self.reason) > LONGEST_REASON:
            raise RatingsError(f"Give a reason of at most {LONGEST_REASON} characters.")

    def cells(self) -> list[str]:
        """The row as it is written."""
        return [neutralise(str(getattr(self, name))) for name in DECISION_COLUMNS]


DECISION_COLUMNS = tuple(column.name for column in fields(Decision))


@dataclass(frozen=True)
class Decisions:
    """What counts now.

    Attributes:
        set_aside: decisions by the digest of the session that is set aside.
        deleted: digests of sessions that were deleted.
    """

    set_aside: Mapping[str, Decision] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.set_aside or self.deleted)

    def is_deleted(self, session_id: str) -> bool:
        """Whether nothing of the session may be kept or told."""
        return bool(self.deleted) and session_digest(session_id) in self.deleted

    def aside(self, session_id: str) -> Decision | None:
        """The decision that set the session aside, if that is how it stands."""
        return self.set_aside.get(session_digest(session_id)) if self.set_aside else None


class DecisionsWriter:
    """Appends decisions to this process' own `decisions-<uuid>.csv` in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._file = AppendOnlyCsv(folder, STEM, DECISION_COLUMNS)

    def append(self, decision: Decision) -> Path:
        """Write one decision and fsync it."""
        return self._file.append(decision.cells())

    def close(self) -> None:
        """Release the file."""
        self._file.close()


class FollowedDecisions:
    """The decisions in a folder as they are now; read again only where a file changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state: tuple[tuple[str, int, int], ...] = ()
        self._decisions = Decisions()
        self._lock = threading.Lock()

    def now(self) -> Decisions:
        """What counts at this moment."""
        with self._lock:
            files = [(path.name, path.stat()) for path in sorted(self._folder.glob(f"{STEM}-*.csv"))]
            state = tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)
            if state != self._state:
                self._decisions, self._state = read_decisions(self._folder), state
            return self._decisions


def found_beside(sources: str | Path | Iterable[str | Path], pattern: str) -> list[Path]:
    """The files of that pattern in some folders, and beside some files."""
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    folders = {path if path.is_dir() else path.parent for path in map(Path, given)}
    return sorted(file for folder in folders for file in folder.glob(pattern))


def read_decisions(sources: str | Path | Iterable[str | Path]) -> Decisions:
    """All decisions in some folders, and beside some files."""
    return standing(
        decision for path in found_beside(sources, f"{STEM}-*.csv") for decision in _decisions_of(path)
    )


def standing(decisions: Iterable[Decision]) -> Decisions:
    """What counts of many decisions, in whatever order they are found."""
    set_aside: dict[str, Decision] = {}
    deleted: set[str] = set()
    for one in sorted(decisions, key=lambda decision: (decision.at, decision.decision_id)):
        if one.action == DELETE:
            deleted.add(one.session)
        elif one.action == SET_ASIDE:
            set_aside[one.session] = one
        else:
            set_aside.pop(one.session, None)
    return Decisions(
        {name: one for name, one in set_aside.items() if name not in deleted}, frozenset(deleted)
    )


def _decisions_of(path: Path) -> list[Decision]:
    """The whole lines of a file; what is no decision is passed over."""
    try:
        with path.open("rb") as stream:
            whole = complete_length(stream)
            stream.seek(0)
            text = stream.read(whole).decode("utf-8", errors="replace")
    except OSError:
        return []
    found = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        try:
            datetime.fromisoformat(row["at"])
            found.append(
                Decision(
                    decision_id=row["decision_id"],
                    at=row["at"],
                    session=row["session"],
                    action=row["action"],
                    reason=restore(row["reason"])[:LONGEST_REASON],
                )
            )
        except (KeyError, TypeError, ValueError, RatingsError):
            continue
    return found
