"""Processes of this machine do every item, and say what became of those that they could not do."""

import os
from pathlib import Path

import pytest

from speecht5_demo.distributed import LocalProcesses
from speecht5_demo.errors import QualityError
from tests.distributed.jobs import DiesOver, DoesNotOpen, Doubles, Refuses
from tests.support.programs import run


def test_every_item_is_done_once_and_items_are_asked_for_as_workers_are_free() -> None:
    asked: list[int] = []

    def items():
        for item in range(20):
            asked.append(item)
            yield item

    with LocalProcesses(2).start(Doubles()) as workers:
        outcomes = workers.do(items())
        first = next(outcomes)
        assert len(asked) <= 3
        found = {one.item: one.results for one in (first, *outcomes)}
        assert {one.item for one in workers.do([7])} == {7}
    assert found == {item: (item, 2 * item) for item in range(20)}


def test_a_process_that_dies_costs_what_its_item_had_not_given(tmp_path: Path) -> None:
    with LocalProcesses(1).start(DiesOver(1, 1, tmp_path)) as workers:
        found = {one.item: (one.results, one.lost) for one in workers.do(range(3))}
    assert found == {0: ((0, 0), ""), 1: ((1,), "the process died (signal 9)"), 2: ((2, 4), "")}


@pytest.mark.parametrize(("job", "said"), [(DoesNotOpen(), "nobody does not open"), (Refuses(), "do 5")])
def test_what_nobody_can_do_is_said_in_its_own_words(job, said: str) -> None:
    with LocalProcesses(1).start(job) as workers, pytest.raises(QualityError, match=said):
        list(workers.do([5]))


IMPORTED = """
from speecht5_demo.distributed import LocalProcesses
from tests.distributed.jobs import TellsWhatIsImported
with LocalProcesses(1).start(TellsWhatIsImported(("no_such_module", "nturl2path"))) as workers:
    print([one.results for one in workers.do(["nturl2path", "no_such_module"])])
"""


def test_what_a_job_imports_is_there_in_every_process_and_what_is_absent_stops_none() -> None:
    done = run(["-c", IMPORTED], os.environ)
    assert done.stdout == "[(True,), (False,)]\n", done.stderr
