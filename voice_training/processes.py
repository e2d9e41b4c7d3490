"""Work for all cores: a process each, not a thread, since flite and pocketsphinx keep state of their own."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

from voice_training.errors import VoiceTrainingError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """`work` of every item, in order; in this process where one worker is enough.

    New processes are started clean: a copy of a process that has used torch's threads can hang.
    """
    if workers < 2:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, items)


class Beside:
    """`work` in a process of its own, which does not outlive this one, however this one ends."""

    def __init__(self, work: Callable[[], object], name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_until_left, args=(work, os.getpid()), name=name, daemon=True)
        self._process.start()

    @property
    def process_id(self) -> int | None:
        """Of the process beside."""
        return self._process.pid

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


def _until_left(work: Callable[[], object], parent: int) -> None:
    """Do the work, but end at once when the parent is gone: a run that is started again must be alone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    work()


@contextmanager
def half_of_the_cores(cores: int) -> Iterator[None]:
    """Inside, torch computes with half of that many threads, at least one; afterwards with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, cores // 2))
    try:
        yield
    finally:
        torch.set_num_threads(before)
