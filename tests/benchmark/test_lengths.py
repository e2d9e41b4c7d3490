"""Two workers of one machine never measure on one processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from speecht5_demo.benchmark import lengths
from speecht5_demo.benchmark.lengths import LengthItem, LengthJob, Measured, claim_processors, measure_lengths
from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.distributed import Executor, Outcome
from speecht5_demo.results import LengthPoint
from tests.support.in_process import InProcess

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = """
import os, sys
from pathlib import Path
from speecht5_demo.benchmark.lengths import claim_processors
claims = claim_processors(1, Path(sys.argv[1]))
print(sorted(os.sched_getaffinity(0)), flush=True)
sys.stdin.read()
"""


def test_each_process_gets_a_processor_of_its_own_and_gives_it_back(tmp_path: Path) -> None:
    allowed = len(os.sched_getaffinity(0))

    def claiming() -> tuple[subprocess.Popen[str], list[int]]:
        process = subprocess.Popen(
            [sys.executable, "-c", CLAIMS, str(tmp_path)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    claimed = [claiming() for _ in range(allowed)]
    beyond, where = claiming()
    for process, _ in [*claimed, (beyond, [])]:
        process.communicate()
    again, back = claiming()
    again.communicate()
    assert sorted(processor for _, own in claimed for processor in own) == sorted(os.sched_getaffinity(0))
    assert len(where) == allowed, "who finds none free stays where it may run"
    assert back == claimed[0][1]


def test_points_of_another_processor_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    point = LengthPoint(20, 4, 0.1, 0.5, 3.0, None)

    class Elsewhere(LengthJob):
        def open(self):
            return lambda item: iter([Measured(point, "Another CPU")])

    with pytest.raises(BenchmarkError, match=r"another processor \(Another CPU\) than this machine"):
        measure_lengths(Elsewhere("x", 1, ""), ("baseline",), ((20, 4),), InProcess())
    monkeypatch.setattr(lengths, "cpu_model", lambda: "Another CPU")
    assert measure_lengths(Elsewhere("x", 1, ""), ("baseline",), ((20, 4),), InProcess()) == {
        "baseline": (point,)
    }


def test_a_point_that_was_lost_is_named() -> None:
    class Losing:
        def do(self, items):
            return iter([Outcome(LengthItem("int8", 20, 4), (), "3 workers died")])

    class Executing(InProcess):
        def start(self, job):
            from contextlib import nullcontext

            return nullcontext(Losing())

    executor: Executor = Executing()
    with pytest.raises(BenchmarkError, match=r"^int8 at 4 steps was not measured: 3 workers died\."):
        measure_lengths(LengthJob("x", 1, ""), ("int8",), ((20, 4),), executor)


def test_claims_are_by_the_highest_processor_first(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    try:
        claims = claim_processors(1, tmp_path)
        assert os.sched_getaffinity(0) == {max(before)}
    finally:
        os.sched_setaffinity(0, before)
        for claim in claims:
            os.close(claim)
