"""A server that is killed, a clock that goes back and a disk that fails: on a server of their own each."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.attack.target import Outcome, Target
from tests.support.hard_times import Account, through_a_failing_disk, through_kills


def killed_server(target: Target, scale: float) -> Outcome:
    """SIGKILL under listeners; each fourth server wakes up with its clock an hour back."""
    kills, listeners = max(2, round(20 * scale)), max(4, round(30 * scale))
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        found = through_kills(target.study, Path(folder) / "ratings", listeners, kills)
    return Outcome(
        f"{kills} SIGKILLs under {listeners} listeners, every fourth start with the clock set back by an hour",
        "no acknowledged rating lost, doubled or changed; everybody comes to the end",
        _told(found),
        found.right,
    )


def failing_disk(target: Target, scale: float) -> Outcome:
    """A disk that can only be read, fills, and is freed."""
    rounds, listeners = max(1, round(5 * scale)), max(4, round(20 * scale))
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        found, descriptors = through_a_failing_disk(target.study, Path(folder) / "ratings", listeners, rounds)
    return Outcome(
        f"{listeners} listeners while the disk can only be read, then fills and is freed {rounds} times",
        "no acknowledged rating lost, doubled or changed, and the server goes on without a restart or a file left open",
        f"{_told(found)}; {descriptors:+d} descriptors",
        found.right and descriptors <= listeners,
    )


def _told(found: Account) -> str:
    return (
        f"{found.acknowledged:,} acknowledged, {found.lost} lost, {found.doubled} doubled, "
        f"{found.changed} sessions changed"
    )
