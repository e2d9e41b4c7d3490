"""A Ray cluster of two workers gives what this machine gives, also when one of them is killed.

All tests but the last share one cluster, which takes longer to start than they do; those that speak share its workers.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from speecht5_demo.benchmark.lengths import LengthJob, measure_lengths
from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.distributed import open_executor
from speecht5_demo.distributed.ray_cluster import RayCluster, import_ray
from speecht5_demo.distributed.ray_workers import TRIES, ClusterError
from speecht5_demo.errors import QualityError
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.study import Sentence as StudySentence
from speecht5_demo.listening.study import SessionPlan, Study
from speecht5_demo.quality import runner
from speecht5_demo.quality.evaluation import evaluate
from speecht5_demo.quality.measurer import Utterance
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.worker import EvaluationJob, Result
from speecht5_demo.study_preparation import distributed_voice
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.variants import BASELINE, find
from speecht5_demo.variants.artifact import save_variant
from tests.distributed.jobs import Breaks, DiesOver, DoesNotOpen, Doubles, Refuses, TellsItsNiceness
from tests.distributed.shared_workers import AnyJob, SharedWorkers
from tests.support.in_process import InProcess
from tests.support.listening_sockets import addresses_listened_on, descendants

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    cluster = RayCluster(jobs=2)
    with cluster.connected():
        yield cluster


@pytest.fixture(scope="module")
def two_workers(cluster: RayCluster) -> Iterator[SharedWorkers]:
    with cluster.start(AnyJob()) as workers:
        yield SharedWorkers(workers)


def test_every_item_is_done_once_by_two_workers(cluster: RayCluster) -> None:
    with cluster.start(Doubles()) as workers:
        found = [(one.item, one.results, one.lost) for one in workers.do(range(20))]
        again = [one.results for one in workers.do([7])]
    assert sorted(found) == [(item, (item, 2 * item), "") for item in range(20)]
    assert again == [(7, 14)]


def test_a_worker_of_our_own_cluster_gives_way_to_no_other_process(cluster: RayCluster) -> None:
    with cluster.start(TellsItsNiceness()) as workers:
        found = [one.results for one in workers.do([0])]
    assert found == [(os.nice(0),)]


def test_the_item_of_a_killed_worker_is_done_again_and_no_other_is(
    cluster: RayCluster, tmp_path: Path
) -> None:
    with cluster.start(DiesOver(3, 1, tmp_path)) as workers:
        found = [(one.item, one.results, one.lost) for one in workers.do(range(8))]
    assert sorted(found) == [(item, (item, 2 * item), "") for item in range(8)]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_item_that_takes_every_worker_with_it_is_given_up(cluster: RayCluster, tmp_path: Path) -> None:
    with cluster.start(DiesOver(1, 99, tmp_path)) as workers:
        found = {one.item: (one.results, one.lost) for one in workers.do(range(4))}
    assert len(list(tmp_path.iterdir())) == TRIES
    assert found.pop(1) == ((), f"{TRIES} workers died, one after the other,")
    assert found == {item: ((item, 2 * item), "") for item in (0, 2, 3)}


@pytest.mark.parametrize(("job", "said"), [(DoesNotOpen(), "nobody does not open"), (Refuses(), "do 5")])
def test_what_nobody_can_do_is_said_in_its_own_words(cluster: RayCluster, job, said: str) -> None:
    with cluster.start(job) as workers, pytest.raises(QualityError, match=said):
        list(workers.do([5]))


def test_a_defect_costs_its_item_and_says_what_it_was(cluster: RayCluster) -> None:
    with cluster.start(Breaks()) as workers:
        found = {one.item: one.lost for one in workers.do([1, 0, 2])}
    assert found == {1: "", 0: "the worker failed (ZeroDivisionError: division by zero)", 2: ""}


@dataclass(frozen=True)
class KilledOnce:
    """An evaluation in which a worker is killed over one sentence of a variant, once."""

    job: EvaluationJob
    mark: Path

    def open(self) -> Callable[[Utterance], Iterator[Result]]:
        handle = self.job.open()

        def results(utterance: Utterance) -> Iterator[Result]:
            if utterance.task.variant == "int8" and utterance.task.number == 2 and not self.mark.exists():
                self.mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return handle(utterance)

        return results


@pytest.mark.timeout(600)
def test_an_evaluation_by_two_workers_of_which_one_is_killed_writes_the_local_bytes(
    two_workers: SharedWorkers, tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    settings = Settings(
        checkpoint=tiny.spec,
        variants=(BASELINE, find("int8")),
        speakers=(tiny.speaker(), replace(tiny.speaker(), name="another")),
        sentences=tuple(Sentence(number, f"Go {'on ' * number}now.") for number in range(1, 4)),
        metrics=("duration", "stop"),
    )
    evaluate(settings, tiny, tmp_path / "local", InProcess())
    mark = tmp_path / "killed"
    monkeypatch.setattr(
        runner, "EvaluationJob", lambda *arguments: KilledOnce(EvaluationJob(*arguments), mark)
    )
    told: list[tuple[int, int]] = []
    evaluate(
        settings,
        tiny,
        tmp_path / "ray",
        two_workers,
        on_task=lambda done, total, _: told.append((done, total)),
    )
    assert mark.exists()
    assert told == [(done, 18) for done in range(1, 19)]
    local, ray = (files(tmp_path / name) for name in ("local", "ray"))
    order = "rows.jsonl"  # is that in which rows came
    assert sorted(local.pop(order).splitlines()) == sorted(ray.pop(order).splitlines())
    assert ray == local


@pytest.mark.timeout(600)
def test_a_study_spoken_by_two_workers_is_the_local_one_to_the_last_byte(
    two_workers: SharedWorkers, embedded: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    study = Study(
        id="tiny",
        title="How natural?",
        variants=("baseline", "turbo-int8"),
        sentences=(StudySentence("a", "Glue the sheet."), StudySentence("b", "Rice is served.")),
        session=SessionPlan(sentences=2, repeats=0, anchors=1, traps=0, practice=0),
    )
    synthesizer = Synthesizer(embedded)
    for name, executor in (("local", InProcess()), ("ray", two_workers)):
        prepare(study, distributed_voice(synthesizer, executor), tmp_path / name, secret=b"s" * 16)
    assert files(tmp_path / "ray") == files(tmp_path / "local")


@pytest.mark.timeout(600)
def test_the_cost_against_length_is_measured_by_two_workers(
    two_workers: SharedWorkers, tiny: Checkpoint, tmp_path: Path
) -> None:
    save_variant(tiny, find("turbo"), tmp_path)
    job = LengthJob(tiny.spec, threads=1, artifacts=str(tmp_path))
    curves = measure_lengths(job, ("turbo",), ((20, 4), (40, 8)), two_workers)
    assert [(point.characters, point.steps) for point in curves["turbo"]] == [(20, 4), (40, 8)]
    assert all(point.total_s > 0 for point in curves["turbo"])


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        ClusterError, match=r"^--engine ray needs Ray: pip install -r requirements-ray\.txt, or"
    ):
        open_executor("ray")


@pytest.mark.parametrize(
    ("engine", "address", "said"),
    [
        ("spark", "", r"no engine 'spark'\. Choose --engine local or ray\."),
        ("local", "127.0.0.1:6379", "--ray-address is for --engine ray"),
    ],
)
def test_an_engine_that_is_misnamed_is_a_sentence(engine: str, address: str, said: str) -> None:
    with pytest.raises(ClusterError, match=said):
        open_executor(engine, address)


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:1", "refused"), ("ray://here:10001", "is not HOST:PORT"), ("here", "is not HOST:PORT")],
)
def test_a_cluster_that_does_not_answer_is_a_sentence_at_once(
    address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = import_ray(local=False)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)  # the cluster of the other tests stays
    with (
        pytest.raises(
            ClusterError, match=rf"cluster at {address} does not start or answer \(.*{said}\)\. Check"
        ),
        RayCluster(address).connected(),
    ):
        pass


def test_a_node_that_is_slow_to_start_is_waited_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = import_ray(local=True)
    tries: list[str] = []

    def slow(**options: object) -> None:
        tries.append(str(options["address"]))
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "init", slow)
    with (
        pytest.raises(
            ClusterError, match=r"on this machine does not start or answer \(The current node timed out"
        ),
        RayCluster(jobs=1).connected(),
    ):
        pass
    assert tries == ["local"] * TRIES


STOPPED = """
import signal
import sys
from pathlib import Path
from speecht5_demo.distributed.ray_cluster import RayCluster
from tests.distributed.jobs import Doubles
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
with RayCluster(jobs=1).start(Doubles()) as workers:
    list(workers.do([1]))
    print(sys.modules["ray"]._private.worker._global_node.get_session_dir_path(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_cluster_of_our_own_is_on_loopback_alone_and_is_gone_when_it_is_stopped(
    ending: signal.Signals,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip()).parent
    assert folder.name.startswith("s5ray-")
    started = descendants(process.pid)
    listened = addresses_listened_on({process.pid, *started})
    process.send_signal(ending)
    process.wait(timeout=120)  # before its input is closed, which would end it, too
    process.communicate()
    assert process.returncode not in (0, -signal.SIGKILL)
    assert listened
    assert all(address.is_loopback for address in listened), listened
    assert not folder.exists()
    deadline = time.monotonic() + 60
    while any(map(lives, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(lives, started))


def lives(pid: int) -> bool:
    """Whether a process is there and has not ended: what nobody has asked for its status yet, has."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
