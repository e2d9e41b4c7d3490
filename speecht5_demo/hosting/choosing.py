"""Which store a deployment chose: a dataset of the hub, a folder, or Postgres; at most one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from speecht5_demo.hosting.repository import publishing_agreed
from speecht5_demo.hosting.store import HostingError, Store

VARIABLES = ("RATINGS_REPO", "RATINGS_DIR", "RATINGS_DB")


def study_store(environment: Mapping[str, str] = os.environ) -> Store | None:
    """Where prepared studies are kept: STUDY_REPO, else with the ratings; None where neither is named.

    Raises:
        HostingError: the place cannot be used here.
    """
    if study_repo := environment.get("STUDY_REPO", "").strip():
        from speecht5_demo.hosting.hub_store import HubStore  # needs the hub's library

        return HubStore(study_repo)
    return chosen_store(environment)


def chosen_store(environment: Mapping[str, str] = os.environ) -> Store | None:
    """The store that the environment names; None where ratings stay on the disk.

    Raises:
        HostingError: it names two, or one that cannot be used here.
    """
    named = {name: environment.get(name, "").strip() for name in VARIABLES}
    chosen = [name for name, value in named.items() if value]
    if len(chosen) > 1:
        raise HostingError(
            f"{' and '.join(chosen)} are both set: ratings go to one place. Leave out all but one."
        )
    if not chosen:
        return None
    value = named[chosen[0]]
    if chosen == ["RATINGS_REPO"]:
        from speecht5_demo.hosting.hub_store import HubStore  # each needs a library of its own

        return HubStore(value, publishing_agreed(environment))
    if chosen == ["RATINGS_DIR"]:
        from speecht5_demo.hosting.folder_store import FolderStore

        return FolderStore(Path(value))
    from speecht5_demo.hosting.postgres_store import PostgresStore

    return PostgresStore(value)
