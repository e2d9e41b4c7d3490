"""Where ratings go. Apart from reading, so that a server which only writes starts without the table libraries."""

from pathlib import Path

from speecht5_demo.listening.append_only import AppendOnlyCsv
from speecht5_demo.listening.rows import RATING_COLUMNS, RatingRow


class RatingsWriter:
    """Appends ratings to this process' own `ratings-<uuid>.csv` in `folder`."""

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self._file = AppendOnlyCsv(folder, "ratings", RATING_COLUMNS, durable)

    @property
    def path(self) -> Path | None:
        """The file of this process, once a rating was written."""
        return self._file.path

    def append(self, row: RatingRow) -> Path:
        """Write one rating and fsync it. Only then may a listener be told that it is saved."""
        return self._file.append(row.cells())

    def settle(self) -> None:
        """Let other servers know what was written here, and learn what they wrote, where that is needed."""

    def close(self) -> None:
        """Release the file."""
        self._file.close()
