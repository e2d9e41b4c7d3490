"""What a run computes with: its device, the arithmetic there, and processes for all cores.

Items in parallel, work in the background and training together each take a process, not a thread: one process runs
Python in one thread at a time. New processes are started clean: a copy of a process that has used torch's threads can
hang.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from speecht5_demo.arithmetic import bf16_pays
from speecht5_demo.interruption import end_when_interrupted, uninterrupted_children
from speecht5_demo.memory import keep_freed_memory
from voice_training import VoiceTrainingError

_LONGEST_WAIT = timedelta(days=7)
"""The first process validates for minutes while the others wait; one that dies is noticed by its broken connection."""


def pick_device(name: str) -> torch.device:
    """`auto`: the GPU where there is one, else the processor; otherwise the device of that name."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise VoiceTrainingError("There is no CUDA device here: use --device cpu or --device auto.")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise VoiceTrainingError(f"{name!r} is no device: use auto, cpu or cuda.") from error


def prepare_process(device: torch.device) -> None:
    """What a process that trains on `device` needs to be set once."""
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    else:
        keep_freed_memory(without_limit=True)


def bf16_is_faster(device: torch.device) -> bool:
    """Whether products of bfloat16 are the faster ones on `device`: on every GPU, and on some processors."""
    return device.type != "cpu" or bf16_pays()


def mixed_precision(device: torch.device) -> torch.autocast:
    """Inside, products on `device` are of bfloat16, or of float32 on a processor that is faster in that."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_faster(device))


Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """`work` of every item, in order; in this process where one worker is enough."""
    if workers < 2:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=end_when_interrupted) as pool:
        with uninterrupted_children():
            results = pool.map(work, items)
        yield from results


@contextmanager
def half_of_the_cores(cores: int) -> Iterator[None]:
    """Inside, torch computes with half of that many threads, at least one; afterwards with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, cores // 2))
    try:
        yield
    finally:
        torch.set_num_threads(before)


class BackgroundProcess:
    """`work` in a process of its own, which does not outlive this one, however this one ends."""

    def __init__(self, work: Callable[[], object], name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_while_parent_lives, args=(work,), name=name, daemon=True)
        with uninterrupted_children():
            self._process.start()

    @property
    def is_running(self) -> bool:
        """Whether the work goes on."""
        return self._process.is_alive()

    def end(self) -> None:
        """End the process whether or not the work is done."""
        self._process.kill()
        self._process.join()

    def wait(self) -> None:
        """Return when the work is done.

        Raises:
            VoiceTrainingError: it ended with an error, which it has printed.
        """
        self._process.join()
        if self._process.exitcode:
            raise VoiceTrainingError(
                f"The process of the {self._process.name} ended with an error (see above): "
                "the same command goes on from what is saved."
            )


def _while_parent_lives(work: Callable[[], object]) -> None:
    """Do the work, but end at once when the parent is gone: a run that is started again must be alone."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    work()


class ProcessGroup:
    """Processes that train one model: each takes every step on clips of its own, on the mean of their gradients.

    On a processor, a process for half of the cores loses less than threads that wait for each other in every operator.
    This one is a process alone: what it says is agreed, and its mean is its own.

    Attributes:
        rank: of this process, 0 for the one that decides, validates and saves. size: how many there are.
    """

    rank = 0
    size = 1

    def agreed(self, value: float) -> float:
        """What the first process says; every process has to ask."""
        return value

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor, in place, by its mean over the processes."""

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor, in place, by its sum over the processes."""

    def wait(self) -> None:
        """Return when every process has come this far."""


ALONE = ProcessGroup()


class _Joined(ProcessGroup):
    """One of several processes that have met."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def agreed(self, value: float) -> float:
        told = torch.tensor([value], dtype=torch.float64)
        with _exchange():
            dist.broadcast(told, 0)
        return float(told)

    def average(self, tensors: Sequence[Tensor]) -> None:
        self._combine(tensors, 1 / self.size)

    def add(self, tensors: Sequence[Tensor]) -> None:
        self._combine(tensors, 1.0)

    def wait(self) -> None:
        with _exchange():
            dist.barrier()

    @torch.no_grad()
    def _combine(self, tensors: Sequence[Tensor], factor: float) -> None:
        flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        with _exchange():
            dist.all_reduce(flat)
        flat *= factor
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))


class _DisconnectedError(Exception):
    """The connection to the other process broke: it has ended."""


@contextmanager
def _exchange() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise _DisconnectedError from error


@contextmanager
def second_of_two(rendezvous: Path) -> Iterator[ProcessGroup]:
    """Inside, this process is the second of the two that meet at that path."""
    _ready(rendezvous).touch()
    with _joined(rendezvous, 1) as group:
        yield group


@contextmanager
def first_of_two(second: Callable[[Path], object], name: str) -> Iterator[ProcessGroup]:
    """Inside, this process is the first of two; `second` runs in the other and is given where they meet.

    Raises:
        VoiceTrainingError: the other process ended with an error, which it has printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        rendezvous = Path(folder) / "rendezvous"
        other = BackgroundProcess(functools.partial(second, rendezvous), name)
        try:
            while other.is_running and not _ready(rendezvous).exists():
                time.sleep(0.1)
            if _ready(rendezvous).exists():
                with _joined(rendezvous, 0) as group:
                    yield group
        except _DisconnectedError:
            other.wait()
            raise
        except BaseException:
            other.end()
            raise
        other.wait()


def _ready(rendezvous: Path) -> Path:
    return rendezvous.with_suffix(".ready")


@contextmanager
def _joined(rendezvous: Path, rank: int) -> Iterator[ProcessGroup]:
    dist.init_process_group(
        "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2, timeout=_LONGEST_WAIT
    )
    try:
        yield _Joined(rank, 2)
    finally:
        dist.destroy_process_group()
