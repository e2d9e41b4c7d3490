"""Which worker runs which tests, and in which order, so that workers end together.

A file stays on one worker: its fixtures are made once. So do files that share a process. What takes longest comes
first, so that the end is made of small files.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

_LONGEST = (
    "tests/attack/",
    "voice_training/tests/test_run.py",
    "tests/browser/test_compare_live.py",
    "tests/browser/test_listen.py",
    "tests/browser/test_compare.py",
    "tests/quality/test_runner.py",
    "tests/browser/test_firefox.py",
    "tests/listening/test_study_server.py",
    "tests/browser/test_results.py",
    "tests/quality/test_ladders.py",
    "tests/variants/test_artifact.py",
    "tests/browser/test_compare_progress.py",
    "tests/browser/",
    "tests/test_intelligibility.py",
    "tests/hosting/test_hosting.py",
    "tests/hosting/test_operation.py",
    "tests/scripts/test_install.py",
    "tests/commands/test_speak.py",
    "tests/checkpoints/test_hub.py",
    "tests/benchmark/test_benchmark.py",
    "voice_training/tests/test_devices.py",
    "tests/quality/test_sweep.py",
    "tests/distributed/test_ray.py",
    "tests/quality/test_locked.py",
    "tests/hosting/test_privacy.py",
    "tests/synthesis/",
)


_COPYING = (
    "voice_training/tests/test_run.py",
    "voice_training/tests/test_devices.py",
    "tests/quality/test_runner.py",
    "tests/quality/test_sweep.py",
)
"""What starts copies of multiprocessing's clean process, which imports for seconds; a worker makes it once."""


def file_of(nodeid: str) -> str:
    """Where a test is."""
    return nodeid.partition("::")[0]


def group_of(nodeid: str) -> str:
    """Tests of one group run on one worker, one after the other: those of a file, or of files that share a process."""
    file = file_of(nodeid)
    return _COPYING[0] if file in _COPYING else file


def longest_first(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; within a file the order stays."""

    def place(item: pytest.Item) -> int:
        file = file_of(item.nodeid)
        return next((index for index, long in enumerate(_LONGEST) if file.startswith(long)), len(_LONGEST))

    items.sort(key=place)


class GroupScheduling(LoadScopeScheduling):
    """A group goes to the next worker that is free, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
