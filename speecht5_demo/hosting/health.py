"""Whether this server can be sent visitors, for whoever watches it from outside: a proxy, a container, a person.

The answer is public, so a reason says what is wrong in general words and never where, whose or with which key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

READY, LOADING, DEGRADED = "ready", "loading", "degraded"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        reason: one sentence for everybody.
        loading: whether it passes by itself, as a start does.
        blocking: whether no visitor can be served meanwhile.
    """

    reason: str
    loading: bool = False
    blocking: bool = False


@dataclass(frozen=True)
class Health:
    """One look at the server.

    Attributes:
        status: ready | loading | degraded.
        reasons: why it is not ready; empty when it is.
        serving: whether visitors can be sent here now.
    """

    status: str
    reasons: tuple[str, ...]
    serving: bool

    def as_json(self) -> dict[str, object]:
        """What `/healthz` answers."""
        return {"status": self.status, "reasons": list(self.reasons)}


Check = Callable[[], Finding | None]
"""Looks at one part of the server; quick, and it never fails."""


def look(checks: Iterable[Check]) -> Health:
    """Ask every part. What will not pass by itself outweighs what is still loading."""
    found = [finding for check in checks if (finding := check()) is not None]
    status = READY
    if found:
        status = LOADING if all(finding.loading for finding in found) else DEGRADED
    return Health(
        status, tuple(finding.reason for finding in found), not any(finding.blocking for finding in found)
    )
