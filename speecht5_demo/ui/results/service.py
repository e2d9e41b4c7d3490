"""What a visitor may see of the results, and the analysis behind it, made once for each state of the files.

A running blind study is sealed: without the owner's key only casual ratings from the Compare page and counts
are shown. It stops being sealed when its owner publishes it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from speecht5_demo.errors import StudyError
from speecht5_demo.files import write_json
from speecht5_demo.listening.analysis import (
    NEEDED_COLUMNS,
    Analysis,
    Settings,
    analyse,
    simulated_sessions,
)
from speecht5_demo.listening.manifest import MANIFEST, Manifest, load_manifest
from speecht5_demo.listening.ratings import RatingsTable, read_ratings
from speecht5_demo.listening.refusals import count_refusals
from speecht5_demo.messages import Message
from speecht5_demo.report.claims import CheckedClaim, check_claims
from speecht5_demo.report.listeners import listeners_document
from speecht5_demo.report.measured import Measured, together
from speecht5_demo.report.result_files import of_listeners, read_results

FRESH_S = 5.0
"""How long a view is served without a look at the files."""

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Progress:
    """How far the study is, without saying anything about its scores.

    Attributes:
        title: of the study; empty where there is none.
        started, finished: sessions.
        ratings: rows of it.
    """

    title: str = ""
    started: int = 0
    finished: int = 0
    ratings: int = 0


@dataclass(frozen=True)
class ResultsView:
    """What one visitor sees.

    Attributes:
        analysis: of the ratings this visitor may see.
        measured: figures from result files, and of those ratings.
        claims: the source report's, checked against them.
        progress: of the study.
        sealed: a study is running and this visitor lacks the key.
        running: a study is running.
        owner: this visitor holds the key.
        signature: state of the files; equal views have equal ones.
        texts: what rated sentences say, by id.
        refusals: how often something was not taken from listeners of the study, by reason; for the owner only.
    """

    analysis: Analysis
    measured: Measured
    claims: tuple[CheckedClaim, ...]
    progress: Progress
    sealed: bool
    running: bool
    owner: bool
    signature: tuple[object, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)


class ResultsService:
    """Looks at the files of one deployment.

    Args:
        ratings: folder of ratings and sessions.
        study: folder of the prepared study, which may not exist.
        data: folder where the publication of a study is noted.
        results: result files or folders.
    """

    def __init__(self, ratings: Path, study: Path, data: Path, results: tuple[Path, ...]) -> None:
        self._ratings = ratings
        self._study = study
        self._data = data
        self._results = results
        self._drawing = threading.Lock()
        self._views: dict[bool, ResultsView] = {}
        self._looked: dict[bool, float] = {}

    @property
    def manifest(self) -> Manifest | None:
        """The study, where it is prepared."""
        if not (self._study / MANIFEST).is_file():
            return None
        try:
            return load_manifest(self._study)
        except StudyError:
            return None  # the Listen page says what is wrong with it

    @property
    def study_folder(self) -> Path:
        """Where its clips lie."""
        return self._study

    def view_for(self, owner: bool) -> ResultsView:
        """What a visitor may see, seconds old at most: one caller draws, all others get what is there."""
        known = self._views.get(owner)
        if known is not None and time.monotonic() - self._looked.get(owner, 0.0) < FRESH_S:
            return known
        if not self._drawing.acquire(blocking=known is None):
            assert known is not None
            return known
        try:
            known = self._views.get(owner)
            signature = (self._signature(), owner)
            if known is None or known.signature != signature:
                known = self._views[owner] = self._make(owner, signature)
            self._looked[owner] = time.monotonic()
            return known
        finally:
            self._drawing.release()

    def table(self, columns: tuple[str, ...] | None = None) -> RatingsTable:
        """All ratings, merged; for the owner."""
        self._ratings.mkdir(parents=True, exist_ok=True)
        return read_ratings(self._ratings, only=columns)

    def kept_files(self) -> list[tuple[str, Path]]:
        """What a backup holds: names in it, and where the files lie."""
        ratings = [(f"ratings/{path.name}", path) for path in sorted(self._ratings.glob("*.csv"))]
        manifest = self._study / MANIFEST
        return [*ratings, *([("study/manifest.json", manifest)] if manifest.is_file() else [])]

    @property
    def published(self) -> bool:
        """Whether the study's owner broke its seal."""
        return self._published(self.manifest)

    def publish(self, open_to_all: bool) -> None:
        """Break the seal of the study, or put it back. Only its owner may."""
        manifest = self.manifest
        note = self._note(manifest.study.id if manifest else "")
        try:
            if open_to_all:
                write_json(note, {"published": datetime.now(UTC).isoformat(timespec="seconds")})
            else:
                note.unlink(missing_ok=True)
        except OSError as error:
            raise StudyError(
                Message("Nothing was changed: the note could not be written ({why}).", why=error.strerror)
            ) from error
        self.look_again()

    def look_again(self) -> None:
        """The files changed: the next view is not one of some seconds ago."""
        self._looked.clear()

    def _published(self, manifest: Manifest | None) -> bool:
        """Whether the owner published the study. A note that does not parse is none."""
        try:
            note = json.loads(self._note(manifest.study.id if manifest else "").read_text(encoding="utf-8"))
            return isinstance(note, dict) and bool(datetime.fromisoformat(note["published"]))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _note(self, study_id: str) -> Path:
        return self._data / f"published-{study_id or 'ratings'}.json"

    def _signature(self) -> Signature:
        files = [*self._ratings.glob("*.csv"), self._study / MANIFEST, *self._data.glob("published-*.json")]
        for place in self._results:
            files += [*place.rglob("*.json")] if place.is_dir() else [place]
        found = []
        for path in sorted(set(files)):
            try:
                state = path.stat()
            except OSError:
                continue
            found.append((str(path), state.st_size, state.st_mtime_ns))
        return tuple(found)

    def _make(self, owner: bool, signature: tuple[object, ...]) -> ResultsView:
        manifest = self.manifest
        table = self.table((*dict.fromkeys((*NEEDED_COLUMNS, "text")),))
        of_study = table.frame["source"] == "study"
        running = bool(manifest or of_study.any()) and not self._published(manifest)
        sealed = running and not owner
        settings = Settings.of_study(manifest) if manifest else Settings()
        progress = self._progress(manifest, table)
        if sealed:
            frame = table.frame.loc[(~of_study).to_numpy(dtype=bool)].reset_index(drop=True)
            table = RatingsTable(frame, (), table.files)
        analysis = analyse(table, settings, simulated_sessions(self._ratings))
        measured = together(read_results(self._results), of_listeners(listeners_document(analysis)))
        return ResultsView(
            analysis,
            measured,
            check_claims(measured),
            progress,
            sealed,
            running,
            owner,
            signature,
            _texts(table),
            count_refusals(self._ratings, manifest.study.id) if manifest and owner else {},
        )

    def _progress(self, manifest: Manifest | None, table: RatingsTable) -> Progress:
        if manifest is None:
            return Progress()
        mine = (table.frame["study_id"] == manifest.study.id) & (table.frame["source"] == "study")
        started, finished = _sessions(self._ratings, manifest.study.id)
        return Progress(manifest.study.title, started, finished, int(mine.sum()))


def _texts(table: RatingsTable) -> dict[str, str]:
    rows = table.frame.drop_duplicates("sentence_id")
    return {str(key): str(text) for key, text in zip(rows["sentence_id"], rows["text"], strict=True) if text}


def _sessions(folder: Path, study_id: str) -> tuple[int, int]:
    """Sessions of a study that started and that ended."""
    started: set[str] = set()
    ended: set[str] = set()
    for path in sorted(folder.glob("sessions*.csv")):
        try:
            columns = ["study_id", "session_id", "event"]
            frame = pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False, on_bad_lines="skip")
        except (OSError, ValueError):
            continue  # being written, or not ours: its sessions are counted at the next view
        frame = frame.loc[frame["study_id"] == study_id]
        started.update(frame["session_id"])
        ended.update(frame.loc[frame["event"] == "end", "session_id"])
    return len(started), len(ended)
