"""Processes that train one model together: each takes every step on clips of its own, and all follow the mean of their
gradients.

On a processor, a process for half of the cores loses less than threads that wait for each other in every operator.
"""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from voice_training.processes import Beside

_LONGEST_WAIT = timedelta(days=7)
"""The first measures for minutes while the second waits; who has died is noticed by the broken connection."""


class Crew:
    """One process alone: what it says is agreed, and its mean is its own.

    Attributes:
        rank: of this process, 0 for the one that decides, measures and saves. size: how many there are.
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


ALONE = Crew()


class _Joined(Crew):
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


class _LeftAloneError(Exception):
    """The connection to the other process broke: it has ended."""


@contextmanager
def _exchange() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise _LeftAloneError from error


@contextmanager
def second_of_two(meeting: Path) -> Iterator[Crew]:
    """Inside, this process is the second of the two that meet at that path."""
    _ready(meeting).touch()
    with _joined(meeting, 1) as crew:
        yield crew


@contextmanager
def first_of_two(second: Callable[[Path], object], name: str) -> Iterator[Crew]:
    """Inside, this process is the first of two; `second` runs in the other and is given where they meet.

    Raises:
        VoiceTrainingError: the other process ended with an error, which it has printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        beside = Beside(functools.partial(second, meeting), name)
        try:
            while beside.is_running and not _ready(meeting).exists():
                time.sleep(0.1)
            if _ready(meeting).exists():
                with _joined(meeting, 0) as crew:
                    yield crew
        except _LeftAloneError:
            beside.wait()
            raise
        except BaseException:
            beside.end()
            raise
        beside.wait()


def _ready(meeting: Path) -> Path:
    return meeting.with_suffix(".ready")


@contextmanager
def _joined(meeting: Path, rank: int) -> Iterator[Crew]:
    dist.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=2, timeout=_LONGEST_WAIT
    )
    try:
        yield _Joined(rank, 2)
    finally:
        dist.destroy_process_group()
