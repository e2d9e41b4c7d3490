"""Ratings in a private dataset of the hub: the server's own files, which only ever grow.

A dataset that everybody can read is refused when it is opened, and before each later push, unless the owner allowed it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from speecht5_demo.files import write_bytes
from speecht5_demo.hosting.repository import check_private, open_repository
from speecht5_demo.hosting.store import NAME, Fetched, HostingError, Segment
from speecht5_demo.hub import HUB_ERRORS
from speecht5_demo.listening.erasing import erased, without_empty_lines

FOLDER_IN_REPO = "ratings"
STUDIES_IN_REPO = "studies"
EVERY_S = 300.0
TRIES = 5
FAILURES = (HfHubHTTPError, HFValidationError, *HUB_ERRORS)
_RATINGS_FILE = re.compile(rf"{FOLDER_IN_REPO}/({NAME.pattern})")


class HubStore:
    """A dataset.

    Args:
        repo: dataset id; made private when it does not exist.
        public: whether the owner allowed a dataset that everybody can read.
    """

    every_s = EVERY_S
    live = False

    def __init__(self, repo: str, public: bool = False) -> None:
        self._repo = repo
        self._public = public
        self._api = HfApi()
        self._there: dict[str, int] = {}
        self._versions: dict[str, str] = {}
        self._decisions: dict[str, str] = {}
        self._looked = self._fetched = False

    @property
    def label(self) -> str:
        """The dataset's id."""
        return self._repo

    def open(self) -> None:
        """Make the dataset where there is none."""
        try:
            open_repository(self._api, self._repo, self._public)
            self._look()
            self._looked = True
        except FAILURES as error:
            raise _told(error) from error

    def send(self, segments: Sequence[Segment]) -> None:
        """Replace files by longer ones, in one commit."""
        files = {f"{FOLDER_IN_REPO}/{one.name}": without_empty_lines(one.whole()) for one in segments}
        longer = {
            path: data
            for path, data in files.items()
            # A decision about a session that was deleted later is erased, which makes its file shorter.
            if len(data) > self._there.get(path, 0) or f"{FOLDER_IN_REPO}/decisions" in path
        }
        if not longer:
            return
        operations = [CommitOperationAdd(path, data) for path, data in longer.items()]
        try:
            check_private(self._api, self._repo, self._public)
            self._api.create_commit(self._repo, operations, commit_message="Add ratings", repo_type="dataset")
        except FAILURES as error:
            raise _told(error) from error
        self._there.update({path: len(data) for path, data in longer.items()})

    def fetch(self, folder: Path, own: Collection[str], cursor: int) -> Fetched:
        """Bring back files of other servers that are not here, and decisions that grew."""
        names = set()
        try:
            if not self._looked:
                self._look()
            self._looked = False
            for path, version in self._versions.items():
                found = _RATINGS_FILE.fullmatch(path)
                if not found or found[1] in own:
                    continue
                if found[2] == "decisions":
                    there = self._decisions.get(path) == version
                else:
                    there = self._fetched or (folder / found[1]).exists()
                if not there:
                    write_bytes(folder / found[1], self._content(path))
                    names.add(found[1])
                self._decisions[path] = version
            self._fetched = True
        except FAILURES as error:
            raise _told(error) from error
        return Fetched(frozenset(names), cursor)

    def erase(self, deleted: Collection[str]) -> None:
        """Replace files by ones without the sessions, then forget all earlier versions of the dataset."""
        try:
            for attempt in range(TRIES):
                try:
                    self._replace_erased(deleted)
                    return
                except HfHubHTTPError as error:
                    # Another server sent its ratings in between: what it sent must not be taken back.
                    if error.response.status_code != 412 or attempt == TRIES - 1:
                        raise
        except FAILURES as error:
            raise _told(error) from error

    def _replace_erased(self, deleted: Collection[str]) -> None:
        head = self._api.repo_info(self._repo, repo_type="dataset").sha
        changed = {}
        self._look()
        for path in filter(_RATINGS_FILE.fullmatch, self._there):
            data = self._content(path, head)
            without = erased(data, deleted)
            if without != data:
                changed[path] = without_empty_lines(without)
        if changed:
            self._api.create_commit(
                self._repo, [CommitOperationAdd(path, data) for path, data in changed.items()],
                commit_message="Delete sessions", repo_type="dataset", parent_commit=head,
            )  # fmt: skip
        # Also where nothing was left to replace: an earlier try may have ended between the two.
        self._api.super_squash_history(self._repo, repo_type="dataset", commit_message="Ratings")
        self._look()

    def _look(self) -> None:
        tree = self._api.list_repo_tree(self._repo, repo_type="dataset", recursive=True)
        entries = [entry for entry in tree if isinstance(entry, RepoFile)]
        self._there = {entry.path: entry.size for entry in entries}
        self._versions = {entry.path: entry.blob_id for entry in entries}

    def _content(self, path: str, revision: str | None = None) -> bytes:
        """A file of the dataset; no copy of it stays in the library's cache, where nobody would delete it."""
        with tempfile.TemporaryDirectory() as folder:
            fetched = self._api.hf_hub_download(
                self._repo, path, repo_type="dataset", revision=revision, local_dir=folder
            )
            return Path(fetched).read_bytes()

    def put_study(self, name: str, data: bytes) -> bytes:
        """Keep a study unless there is one; of two servers the first decides, by the commit it builds on."""
        path = f"{STUDIES_IN_REPO}/{name}"
        try:
            open_repository(self._api, self._repo, public=False)
            head = self._api.repo_info(self._repo, repo_type="dataset").sha
            if (known := self.get_study(name)) is not None:
                return known
            self._api.create_commit(
                self._repo, [CommitOperationAdd(path, data)], commit_message=f"Add {name}",
                repo_type="dataset", parent_commit=head,
            )  # fmt: skip
        except FAILURES as error:
            if getattr(getattr(error, "response", None), "status_code", None) == 412:
                known = self.get_study(name)
                return self.put_study(name, data) if known is None else known
            raise _told(error) from error
        return data

    def get_study(self, name: str) -> bytes | None:
        """A kept study."""
        path = f"{STUDIES_IN_REPO}/{name}"
        try:
            fetched = self._api.hf_hub_download(self._repo, path, repo_type="dataset")
            return Path(fetched).read_bytes()
        except (EntryNotFoundError, RepositoryNotFoundError):
            return None
        except FAILURES as error:
            raise _told(error) from error


def _told(error: Exception) -> HostingError:
    return HostingError(
        f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200] if str(error) else ''}"
    )
