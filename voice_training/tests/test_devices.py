"""Devices, work in the background, and two processes that train one model."""

import functools
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from voice_training import VoiceTrainingError, devices
from voice_training.devices import (
    ALONE,
    BackgroundProcess,
    ProcessGroup,
    first_of_two,
    in_processes,
    mixed_precision,
    pick_device,
    second_of_two,
)
from voice_training.optimizers import Muon


def exchanged(group: ProcessGroup) -> tuple[torch.Tensor, torch.Tensor, float]:
    mean, total = torch.full((2, 3), 1.0 + group.rank), torch.full((4,), 10.0 + group.rank)
    group.average([mean])
    group.add([total])
    return mean, total, group.agreed(0.25 + group.rank)


def trained(group: ProcessGroup) -> list[torch.Tensor]:
    """Five matrices after three steps on gradients that are the same everywhere."""
    chance = torch.Generator().manual_seed(1)
    matrices = [torch.nn.Parameter(torch.randn(6, 4, generator=chance)) for _ in range(5)]
    steps = Muon(matrices, 0.1, group)
    for _ in range(3):
        for matrix in matrices:
            matrix.grad = torch.randn(6, 4, generator=chance)
        steps.step()
    return [matrix.detach() for matrix in matrices]


def second(rendezvous: Path) -> None:
    with second_of_two(rendezvous) as group:
        mean, total, agreed = exchanged(group)
        matrices = trained(group)
        torch.save((mean, total, agreed, matrices), rendezvous.with_suffix(".told"))
        group.wait()


def lost(rendezvous: Path) -> None:
    with second_of_two(rendezvous):
        time.sleep(0.5)
        os._exit(3)


def ask_for_ever(group: ProcessGroup) -> None:
    while True:
        group.agreed(0.0)


def failed(rendezvous: Path) -> None:
    raise SystemExit(f"nothing to do at {rendezvous}")


def test_alone_every_mean_is_ones_own() -> None:
    mean, total, agreed = exchanged(ALONE)
    assert mean.unique().item() == 1.0
    assert total.unique().item() == 10.0
    assert agreed == 0.25


def test_two_processes_share_means_sums_words_and_the_work_of_a_step(
    imported_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with first_of_two(second, "test") as group:
        mean, total, agreed = exchanged(group)
        matrices = trained(group)
        group.wait()
        told = torch.load(next(tmp_path.glob("*/rendezvous.told")))
    for found, expected in ((mean, 1.5), (total, 21.0), (told[0], 1.5), (told[1], 21.0)):
        assert found.unique().item() == expected
    assert agreed == told[2] == 0.25
    for one, other, alone in zip(matrices, told[3], trained(ALONE), strict=True):
        assert torch.equal(one, other)
        torch.testing.assert_close(one, alone)


def test_the_end_of_the_other_process_is_told(imported_once: None) -> None:
    with (
        pytest.raises(VoiceTrainingError, match="process of the test ended"),
        first_of_two(lost, "test") as group,
    ):
        ask_for_ever(group)


def test_another_process_that_never_comes_is_told(imported_once: None) -> None:
    with pytest.raises(VoiceTrainingError, match="process of the test ended"), first_of_two(failed, "test"):
        pytest.fail("there is nobody to work with")


def test_an_error_of_the_first_process_ends_the_second(
    imported_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="mine"), first_of_two(second, "test"):
        raise ValueError("mine")


@pytest.mark.parametrize("workers", [1, 2])
def test_items_are_worked_on_in_order(workers: int) -> None:
    assert list(in_processes(abs, [-3, 1, -2], workers)) == [3, 1, 2]


MANY = """
import functools
import signal
import subprocess
import sys
import time
from voice_training.devices import BackgroundProcess, in_processes
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs in the background
    print("ready", flush=True)
    try:
        beside = BackgroundProcess(functools.partial(time.sleep, 600), "vocoder")
        list(in_processes(time.sleep, [600, 600, 600], 2))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.0, 3.0])
def test_ctrl_c_ends_every_process_at_once_and_only_the_first_speaks(seconds: float) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", MANY],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=60)  # until every process that writes there has ended
    assert (run.returncode, said) == (130, "")


def test_an_error_in_the_background_is_told(imported_once: None) -> None:
    background = BackgroundProcess(functools.partial(sys.exit, 3), "vocoder")
    with pytest.raises(VoiceTrainingError, match="process of the vocoder ended with an error"):
        background.wait()


def run_until_killed(pipe: Path) -> None:
    """What is killed: a process whose work in the background is to read the pipe."""
    BackgroundProcess(functools.partial(Path.read_bytes, pipe), "vocoder").wait()


def test_the_background_process_ends_with_the_run_that_is_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = multiprocessing.get_context("fork").Process(target=run_until_killed, args=(pipe,))
    run.start()
    writing = opened_when_read(pipe)
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    run.join()
    reader_is_gone = select.poll()
    reader_is_gone.register(writing, select.POLLERR)
    assert reader_is_gone.poll(60_000), "the process in the background goes on alone"
    os.close(writing)


def opened_when_read(pipe: Path) -> int:
    """The pipe's end for writing, as soon as somebody reads the other one."""
    deadline = time.monotonic() + 110
    while True:
        with suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        assert time.monotonic() < deadline, "nobody reads it"
        time.sleep(0.05)


@pytest.mark.parametrize(("pays", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_trains_in_bfloat16_only_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, pays: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(devices, "bf16_pays", lambda: pays)
    layer = torch.nn.Linear(8, 8)
    with mixed_precision(torch.device("cpu")):
        made = layer(torch.ones(2, 8))
    assert made.dtype == dtype
    made.float().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(VoiceTrainingError, match="teapot"):
        pick_device("teapot")
    assert pick_device("cpu") == torch.device("cpu")
