"""When ratings are sent, and what of them: changed files, each up to its present size, platform ids hashed."""

from __future__ import annotations

import fnmatch
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from huggingface_hub import CommitInfo, CommitOperationAdd, CommitScheduler

from speecht5_demo.hosting.repository import check_private
from speecht5_demo.listening.privacy import without_platform_ids

RATINGS_PATTERN = "ratings-*.csv"
SESSIONS_PATTERN = "sessions-*.csv"
PATTERNS = (RATINGS_PATTERN, SESSIONS_PATTERN)


def as_sent(path: Path, secret: bytes) -> bytes:
    """A file as it leaves the machine: of sessions, without the ids of crowd platforms."""
    content = path.read_bytes()
    return without_platform_ids(content, secret) if fnmatch.fnmatch(path.name, SESSIONS_PATTERN) else content


class PushObserver(Protocol):
    """Who is observer how each push went."""

    def succeeded(self, files: int) -> None:
        """A push of so many files was taken; 0 where nothing had changed."""

    def failed(self, error: BaseException) -> None:
        """A push was not taken."""


@dataclass(frozen=True)
class Privacy:
    """What must hold before anything is sent.

    Attributes:
        secret: that platform ids are hashed with.
        public: whether the owner allowed a public dataset.
    """

    secret: bytes
    public: bool = False


class RatingsScheduler(CommitScheduler):
    """The hub's scheduler, which sends hashed sessions and asks before each push whether the dataset is private.

    Args:
        observer: hears of each push.
        privacy: what must hold.
        options: of `CommitScheduler`.
    """

    def __init__(self, observer: PushObserver, privacy: Privacy, **options: Any) -> None:
        self._observer = observer
        self._privacy = privacy
        self._sent: dict[Path, tuple[int, int]] = {}
        self._files = 0
        super().__init__(**options)

    def trigger(self) -> Future[Any]:
        """Push in the background, and tell how it went."""
        future: Future[Any] = super().trigger()
        future.add_done_callback(self._tell)
        return future

    def push_to_hub(self) -> CommitInfo | None:
        """Send what changed since the last push that the hub took."""
        changed: dict[Path, tuple[int, int]] = {}
        for path in sorted(found for pattern in PATTERNS for found in self.folder_path.glob(pattern)):
            seen = path.stat()
            if self._sent.get(path) != (seen.st_size, seen.st_mtime_ns):
                changed[path] = (seen.st_size, seen.st_mtime_ns)
        self._files = len(changed)
        if not changed:
            return None
        check_private(self.api, self.repo_id, self._privacy.public)
        operations = [
            CommitOperationAdd(f"{self.path_in_repo}/{path.name}", as_sent(path, self._privacy.secret))
            for path in changed
        ]
        done = self.api.create_commit(
            self.repo_id, operations, commit_message="Add ratings", repo_type=self.repo_type
        )
        self._sent.update(changed)
        return done

    def _tell(self, future: Future[Any]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._observer.succeeded(self._files)
        else:
            self._observer.failed(error)
