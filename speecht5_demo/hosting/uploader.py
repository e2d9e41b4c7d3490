"""Ratings leave an ephemeral disk every few minutes, and come back when the server starts again.

A Space loses its disk at every restart. `huggingface_hub.CommitScheduler` commits the folder's changed files
to a private dataset; our files have uuid names, so no process ever overwrites another's. What the scheduler leaves open
is closed here: a hub that is away when the server starts is tried again instead of ending the server, each push is
logged and kept as the state, a SIGTERM pushes once more before the process ends, and files of earlier processes are
fetched first, so that listeners resume and results are whole. A dataset that everybody can read is refused at the
start, and before any later push, unless the owner allowed it.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from speecht5_demo.files import write_bytes
from speecht5_demo.hosting.repository import PublicRepositoryError, open_repository
from speecht5_demo.hosting.scheduler import PATTERNS, Privacy, RatingsScheduler
from speecht5_demo.hub import HUB_ERRORS

log = logging.getLogger(__name__)

FOLDER_IN_REPO = "ratings"
RETRY_S = 30.0
LEAVING_S = 7.0
"""Seconds that the last push may take: who stops a server kills it after ten."""
FAILURES = (PublicRepositoryError, HfHubHTTPError, HFValidationError, *HUB_ERRORS)


@dataclass(frozen=True)
class UploadState:
    """How uploading goes.

    Attributes:
        repo: the dataset.
        last_success: UNIX time of the last push that the hub took; None before the first.
        problem: what the last attempt failed with; empty when all is well.
        failures: attempts that failed since the start.
    """

    repo: str
    last_success: float | None = None
    problem: str = ""
    failures: int = 0


class RatingsUploader:
    """Carries a folder of ratings to a dataset of the hub.

    Args:
        folder: of ratings and sessions files.
        repo: dataset id; made private when it does not exist.
        privacy: the secret that platform ids are hashed with, and whether the dataset may be public.
        every_min: minutes between pushes.
        retry_s: seconds between attempts to reach a hub that is away.
        token: of the hub; the machine's own when None.
    """

    def __init__(
        self,
        folder: Path,
        repo: str,
        privacy: Privacy,
        every_min: float = 5.0,
        retry_s: float = RETRY_S,
        token: str | None = None,
    ) -> None:
        self._folder = folder
        self._repo = repo
        self._privacy = privacy
        self._every_min = every_min
        self._retry_s = retry_s
        self._token = token
        self._scheduler: RatingsScheduler | None = None
        self._stopped = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._keep_trying, name="ratings-uploader", daemon=True)
        self._refused: PublicRepositoryError | None = None
        self.state = UploadState(repo)

    def start(self, timeout_s: float = 5.0) -> None:
        """Begin in the background; returns when earlier ratings are back, at the latest after `timeout_s`.

        Started before the pages are built, it lets listeners of an earlier process resume where they were.

        Raises:
            PublicRepositoryError: everybody can read the dataset, and the owner did not allow it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._tried.wait(timeout_s)
        if self._refused is not None:
            self._stopped.set()
            raise self._refused

    def stop(self, timeout_s: float = LEAVING_S) -> None:
        """Push what is there, wait for the hub at most `timeout_s`, and stop."""
        deadline = time.monotonic() + timeout_s
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._scheduler is None:
            log.error("Ratings were not uploaded to %s on leaving: it was never reached.", self._repo)
            return
        try:
            self._scheduler.trigger().result(timeout=max(0.0, deadline - time.monotonic()))
        except (*FAILURES, FutureTimeout, CancelledError, RuntimeError) as error:
            log.error("Ratings were not uploaded to %s on leaving: %s", self._repo, error)
        self._scheduler.stop()

    def _keep_trying(self) -> None:
        while not self._stopped.is_set():
            try:
                api = HfApi(token=self._token)
                self._fetch_earlier(api)
                open_repository(api, self._repo, self._privacy.public)
                self._scheduler = RatingsScheduler(
                    self,
                    self._privacy,
                    repo_id=self._repo,
                    repo_type="dataset",
                    folder_path=self._folder,
                    path_in_repo=FOLDER_IN_REPO,
                    every=self._every_min,
                    private=True,
                    token=self._token,
                )
                self._tried.set()
                return
            except FAILURES as error:
                self.failed(error)
                self._refused = error if isinstance(error, PublicRepositoryError) else None
                self._tried.set()
            self._stopped.wait(self._retry_s)

    def _fetch_earlier(self, api: HfApi) -> None:
        """Bring back files of earlier processes that are not here."""
        if not api.repo_exists(self._repo, repo_type="dataset"):
            return
        for path in api.list_repo_files(self._repo, repo_type="dataset"):
            name = Path(path).name
            if path != f"{FOLDER_IN_REPO}/{name}" or (self._folder / name).exists():
                continue
            if not any(Path(name).match(pattern) for pattern in PATTERNS):
                continue
            fetched = Path(api.hf_hub_download(self._repo, path, repo_type="dataset"))
            write_bytes(self._folder / name, fetched.read_bytes())

    def succeeded(self, files: int) -> None:
        """A push of so many files was taken; 0 where nothing had changed."""
        if files or self.state.problem:
            log.info("%d files of ratings were uploaded to %s.", files, self._repo)
        self.state = UploadState(self._repo, time.time(), failures=self.state.failures)

    def failed(self, error: BaseException) -> None:
        """An attempt failed; ratings stay on the disk and the next one tries again."""
        self.state = UploadState(
            self._repo,
            self.state.last_success,
            f"{type(error).__name__}: {error}",
            self.state.failures + 1,
        )
        log.warning("Ratings could not be uploaded to %s, will try again: %s", self._repo, error)
