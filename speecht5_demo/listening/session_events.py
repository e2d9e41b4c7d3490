"""What belongs to a session rather than to a rating, kept beside the ratings and written the same way.

One row an event: a file that is only appended to cannot fill in a blank later. `read_sessions` folds the
events of a session into one row. There is no name, no address and no IP in it; what a crowd platform passes
in the link is kept as it was given, because the researcher has to pay somebody.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from speecht5_demo import __version__
from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.append_only import AppendOnlyCsv
from speecht5_demo.listening.cells import neutralise
from speecht5_demo.listening.rows import iso_utc, new_id, utc_now

EVENTS = ("start", "consent", "about", "headphone-check", "level", "break", "end")
"""A session starts with the consent; `start` stands in older files, for a page that was opened."""


@dataclass(frozen=True, kw_only=True)
class SessionEvent:
    """One thing that happened in a session; what an event does not say is empty.

    Attributes:
        event: consent | about | headphone-check | level | break | end.
        language: of the interface, as the page showed it.
        device: computer | phone | tablet | other.
        headphones: headphones | earphones | loudspeaker.
        headphone_check: right answers of those asked, such as `5/6`; `skipped` where it was.
        platform_participant, platform_study, platform_session: what the crowd platform put into the link.
        completion_code: shown at the end.
        id_signed: yes or no, whether the link carried a right signature of the participant's id; empty where the server
            has no secret to tell.
        many_at_once: yes where many sessions were begun within a minute from one network.
    """

    schema_version: int = 1
    event_id: str = field(default_factory=new_id)
    study_id: str
    session_id: str
    listener_id: str
    at: datetime = field(default_factory=utc_now)
    event: str
    language: str = ""
    device: str = ""
    headphones: str = ""
    headphone_check: str = ""
    platform_participant: str = ""
    platform_study: str = ""
    platform_session: str = ""
    completion_code: str = ""
    app_version: str = __version__
    id_signed: str = ""
    many_at_once: str = ""

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise RatingsError(f"event is {self.event!r}; it must be one of {', '.join(EVENTS)}.")

    def cells(self) -> list[str]:
        """The row as it is written, safe in a spreadsheet."""
        values = (getattr(self, name) for name in SESSION_COLUMNS)
        return [iso_utc(v) if isinstance(v, datetime) else neutralise(str(v)) for v in values]


SESSION_COLUMNS = tuple(column.name for column in fields(SessionEvent))


class SessionsWriter:
    """Appends events to this process' own `sessions-<uuid>.csv` in `folder`."""

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self._file = AppendOnlyCsv(folder, "sessions", SESSION_COLUMNS, durable)

    def append(self, event: SessionEvent) -> Path:
        """Write one event and fsync it."""
        return self._file.append(event.cells())

    def close(self) -> None:
        """Release the file."""
        self._file.close()
