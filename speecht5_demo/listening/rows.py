"""One rating, as it is kept.

The columns and their order are the contract that every reader of a ratings file builds on: our analysis,
pandas, R, and whoever opens the file years later. Long format, one row a rating. Columns may be added
behind `app_version`; none is ever renamed, moved or removed without a new `SCHEMA_VERSION`.
"""

import uuid
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from speecht5_demo import __version__
from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.cells import neutralise
from speecht5_demo.listening.methods import ACR, method_named

SCHEMA_VERSION = 1
SOURCES = ("study", "compare")
ROLES = ("test", "repeat", "anchor", "trap", "practice")


def new_id() -> str:
    """A fresh id for a rating or a session."""
    return str(uuid.uuid4())


def utc_now() -> datetime:
    """The current moment, aware of its zone."""
    return datetime.now(UTC)


def iso_utc(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-11-23T03:11:50.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class RatingRow:
    """One rating.

    Attributes:
        rating_id: uuid; two rows with the same one are one rating, and the first row counts.
        submitted_at: when the server received it.
        source: study | compare.
        blind: whether the listener could not know the variant.
        trial: which trial of the study's plan this was, from 0; a resumed session keeps the number.
        position: place in the order heard in this session, from 1.
        method: a question type of `methods`; it says what `rating` may be.
        question: the question the page asked.
        role: test | repeat | anchor | trap | practice.
        stimulus_id: name of the clip, never told to the listener.
        compared_with: the other clip of a pair, else empty; `rating` is `stimulus_id` against it.
        seed: of the dropout masks of the clip; None where no synthesis made it.
        heard_fraction: share of the clip that was really played, 0..1 (union of played ranges); None where it is
            unknown.
        plays: how often playing was started.
        response_s: seconds from the clip's first start to the rating.
        flags: names of what was unusual, without `;` in them.
        corrects: rating_id of an earlier rating that this one takes the place of, else empty. The earlier row stays in
            its file; readers leave it out.
    """

    schema_version: int = SCHEMA_VERSION
    rating_id: str = field(default_factory=new_id)
    study_id: str
    session_id: str
    listener_id: str
    submitted_at: datetime = field(default_factory=utc_now)
    source: str
    blind: bool
    trial: int
    position: int
    method: str = ACR.name
    question: str
    role: str = "test"
    stimulus_id: str
    compared_with: str = ""
    sentence_id: str
    text: str
    speaker: str
    variant: str
    checkpoint: str
    seed: int | None = None
    audio_sha256: str
    rating: int
    heard_fraction: float | None = None
    plays: int | None = None
    response_s: float | None = None
    device: str = ""
    headphones: str = ""
    flags: tuple[str, ...] = ()
    app_version: str = __version__
    corrects: str = ""

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise RatingsError(f"source is {self.source!r}; it must be one of {', '.join(SOURCES)}.")
        if self.role not in ROLES:
            raise RatingsError(f"role is {self.role!r}; it must be one of {', '.join(ROLES)}.")
        method = method_named(self.method)
        if bool(self.compared_with) != method.paired:
            raise RatingsError("compared_with names the other clip of a pair, and is empty without one.")
        method.check(self.rating)
        if self.submitted_at.tzinfo is None:
            raise RatingsError("submitted_at has no time zone; use datetime.now(UTC).")

    def cells(self) -> list[str]:
        """The row as it is written, safe in a spreadsheet; numbers stay numbers."""
        return [_cell(getattr(self, name)) for name in RATING_COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return iso_utc(value)
    if isinstance(value, tuple):
        return neutralise(";".join(str(part).replace(";", ",") for part in value))
    return neutralise(str(value))


RATING_COLUMNS = tuple(column.name for column in fields(RatingRow))
INTEGER_COLUMNS = ("schema_version", "trial", "position", "seed", "plays")
NUMBER_COLUMNS = ("rating", "heard_fraction", "response_s")
REQUIRED_COLUMNS = ("listener_id", "sentence_id", "variant", "rating")
