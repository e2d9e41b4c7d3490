"""Which worker runs which tests, and in which order, so that workers end together.

A file stays on one worker: its fixtures are made once. The files that share a Chromium and served apps stay together
for the same reason. What takes longest comes first, so that the end is made of small files.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

SERVED = ("tests/browser/", "tests/attack/")
"""Folders whose files share a Chromium or a served app."""
_LONGEST = (
    *SERVED,
    "voice_training/tests/test_run.py",
    "tests/quality/test_ladders.py",
    "tests/variants/test_artifact.py",
    "tests/quality/test_runner.py",
    "tests/listening/test_study_server.py",
    "tests/hosting/test_hosting.py",
    "tests/test_intelligibility.py",
    "tests/scripts/test_install.py",
    "tests/commands/test_speak.py",
    "tests/checkpoints/test_hub.py",
    "tests/benchmark/test_benchmark.py",
    "voice_training/tests/test_processes.py",
    "tests/quality/test_sweep.py",
    "tests/quality/test_locked.py",
    "tests/hosting/test_privacy.py",
    "tests/synthesis/",
)


def group_of(nodeid: str) -> str:
    """Tests of one group run on one worker, one after the other."""
    folder = next((one for one in SERVED if nodeid.startswith(one)), None)
    return folder or nodeid.partition("::")[0]


def longest_first(items: list[pytest.Item]) -> None:
    """Put the groups that take longest first; within a group the order stays."""

    def place(item: pytest.Item) -> int:
        group = group_of(item.nodeid)
        return next((index for index, long in enumerate(_LONGEST) if group.startswith(long)), len(_LONGEST))

    items.sort(key=place)


class GroupScheduling(LoadScopeScheduling):
    """A group goes to the next worker that is free, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
