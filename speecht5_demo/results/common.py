"""What every document of results says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from speecht5_demo.clock import moment

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
