"""What visitors rated here before: read from the ratings files once, kept up to date by what is rated since.

A page that is loaded again, or a server that was started again, takes a visitor's ratings from here. Whoever has rated
all samples of a comparison, so that its names were revealed, does not hear it blind again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.methods import AB, ACR
from speecht5_demo.listening.ratings import RatingRow, read_ratings
from speecht5_demo.ui.compare.plan import Plan

REVEALED = "revealed"
"""Flag of the row after which a page revealed all names."""
MOST = 200_000
_COLUMNS = (
    "source", "listener_id", "text", "speaker", "seed", "variant", "method", "trial", "rating", "flags",
)  # fmt: skip

Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Rated:
    """One rating of a sample.

    Attributes:
        rating: on the method's scale.
        rating_id: of its row.
    """

    rating: int
    rating_id: str


@dataclass(frozen=True)
class Memory:
    """What a listener said of one comparison.

    Attributes:
        scores: of single samples, by variant.
        votes: of pairs, by trial.
        revealed: whether all names were revealed.
    """

    scores: dict[str, Rated]
    votes: dict[int, Rated]
    revealed: bool


class RatedBefore:
    """Ratings of the Compare page by listener and sample.

    Args:
        folder: of the ratings files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[Key, dict[tuple[str, str, int], Rated]] | None = None
        self._revealed: set[Key] = set()

    def find(self, listener: str, plan: Plan) -> Memory:
        """What this listener said of these samples."""
        key = (listener, plan.text, plan.speaker.name, plan.seed)
        with self._lock:
            if self._known is None:
                self._known = {}
                self._read(self._known)
            rows = self._known.get(key, {})
            return Memory(
                {variant: rated for (method, variant, _), rated in rows.items() if method == ACR.name},
                {trial: rated for (method, _, trial), rated in rows.items() if method == AB.name},
                key in self._revealed,
            )

    def note(self, row: RatingRow) -> None:
        """One more rating is on the disk."""
        with self._lock:
            if self._known is not None:  # else it is read from the disk with all others
                key = (row.listener_id, row.text, row.speaker, row.seed or 0)
                self._add(
                    self._known, key, (row.method, row.variant, row.trial), Rated(row.rating, row.rating_id)
                )
                if REVEALED in row.flags:
                    self._revealed.add(key)

    def _read(self, known: dict[Key, dict[tuple[str, str, int], Rated]]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            frame = read_ratings(self._folder, only=_COLUMNS).frame
        except (RatingsError, OSError):
            return  # nothing can be restored; the Results page says what is wrong with the files
        frame = frame.loc[(frame["source"] == "compare").to_numpy(dtype=bool)].tail(MOST)
        for row in frame[frame["rating"].notna()].itertuples(index=False):
            key = (str(row.listener_id), str(row.text), str(row.speaker), _whole(row.seed))
            self._add(
                known,
                key,
                (str(row.method), str(row.variant), _whole(row.trial)),
                Rated(_whole(row.rating), str(row.rating_id)),
            )
            if REVEALED in str(row.flags).split(";"):
                self._revealed.add(key)

    def _add(
        self,
        known: dict[Key, dict[tuple[str, str, int], Rated]],
        key: Key,
        which: tuple[str, str, int],
        rated: Rated,
    ) -> None:
        known.setdefault(key, {})[which] = rated
        while len(known) > MOST:
            del known[next(iter(known))]


def _whole(value: Any) -> int:
    """A cell as a whole number; 0 for an empty one."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
