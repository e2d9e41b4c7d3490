"""Ratings in a private dataset of the hub: the server's own files, which only ever grow.

A dataset that everybody can read is refused when it is opened, and before each later push, unless the owner allowed it.
"""

from __future__ import annotations

import re
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

FOLDER_IN_REPO = "ratings"
STUDIES_IN_REPO = "studies"
EVERY_S = 300.0
FAILURES = (HfHubHTTPError, HFValidationError, *HUB_ERRORS)
_RATINGS_FILE = re.compile(rf"{FOLDER_IN_REPO}/({NAME.pattern})")


class HubStore:
    """A dataset.

    Args:
        repo: dataset id; made private when it does not exist.
        public: whether the owner allowed a dataset that everybody can read.
        token: of the hub; the machine's own when None.
    """

    every_s = EVERY_S
    live = False

    def __init__(self, repo: str, public: bool = False, token: str | None = None) -> None:
        self._repo = repo
        self._public = public
        self._api = HfApi(token=token)
        self._there: dict[str, int] = {}

    @property
    def label(self) -> str:
        """The dataset's id."""
        return self._repo

    def open(self) -> None:
        """Make the dataset where there is none, and look at what it holds."""
        try:
            open_repository(self._api, self._repo, self._public)
            entries = self._api.list_repo_tree(self._repo, repo_type="dataset", recursive=True)
            self._there = {entry.path: entry.size for entry in entries if isinstance(entry, RepoFile)}
        except FAILURES as error:
            raise _told(error) from error

    def send(self, segments: Sequence[Segment]) -> None:
        """Replace files by longer ones, in one commit."""
        files = {f"{FOLDER_IN_REPO}/{one.name}": one.whole() for one in segments}
        longer = {path: data for path, data in files.items() if len(data) > self._there.get(path, 0)}
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
        """Bring back files of earlier servers that are not here."""
        names = set()
        try:
            for path in self._there:
                found = _RATINGS_FILE.fullmatch(path)
                if not found or found[1] in own or (folder / found[1]).exists():
                    continue
                fetched = Path(self._api.hf_hub_download(self._repo, path, repo_type="dataset"))
                write_bytes(folder / found[1], fetched.read_bytes())
                names.add(found[1])
        except FAILURES as error:
            raise _told(error) from error
        return Fetched(frozenset(names), cursor)

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
