"""What every document of results says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speecht5_demo.checkpoints import Checkpoint


@dataclass(frozen=True)
class CheckpointIdentity:
    """Which voice a figure is of.

    Attributes:
        spec: what opens it: `embedded`, `random-full`, a hub id or a folder.
        title: a short name to show.
        digest: SHA-256 of its weights, hexadecimal.
    """

    spec: str
    title: str
    digest: str

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> CheckpointIdentity:
        """The identity of an open checkpoint."""
        return cls(checkpoint.spec, checkpoint.title, checkpoint.digest)


def now() -> str:
    """The time for `created`: UTC, ISO 8601, to the second."""
    return moment().isoformat(timespec="seconds")


def moment() -> datetime:
    """The present; that of SOURCE_DATE_EPOCH where it is set, as reproducible builds do, so that two runs write the
    same bytes.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given[:11]), UTC) if given.isdecimal() else datetime.now(UTC)
