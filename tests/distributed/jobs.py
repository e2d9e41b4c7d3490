"""Jobs for workers of any kind, which import them by name; some go wrong on purpose."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.errors import QualityError


@dataclass(frozen=True)
class Doubles:
    """Gives each number twice: itself, and doubled."""

    def open(self) -> Callable[[int], Iterator[int]]:
        return lambda item: iter((item, 2 * item))


@dataclass(frozen=True)
class DiesOver:
    """Doubles, but a worker is killed, without a word, over one number as often as said.

    Attributes:
        number: that kills.
        times: how often.
        marks: folder that counts the deaths.
    """

    number: int
    times: int
    marks: Path

    def open(self) -> Callable[[int], Iterator[int]]:
        return self._double

    def _double(self, item: int) -> Iterator[int]:
        yield item
        died = len(list(self.marks.iterdir()))
        if item == self.number and died < self.times:
            (self.marks / f"{died}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield 2 * item


@dataclass(frozen=True)
class DoesNotOpen:
    """Says why it cannot work."""

    def open(self) -> Callable[[int], Iterator[int]]:
        raise QualityError("The recogniser nobody does not open.")


@dataclass(frozen=True)
class Refuses:
    """Opens, and says of an item why nobody can do it."""

    def open(self) -> Callable[[int], Iterator[int]]:
        return self._refuse

    def _refuse(self, item: int) -> Iterator[int]:
        raise QualityError(f"Nobody can do {item}.")
        yield item


@dataclass(frozen=True)
class Breaks:
    """Opens, and has a defect."""

    def open(self) -> Callable[[int], Iterator[float]]:
        return lambda item: iter((1 / item,))


@dataclass(frozen=True)
class TellsItsNiceness:
    """Says how readily its process gives way to others, whatever is asked."""

    def open(self) -> Callable[[int], Iterator[int]]:
        return lambda _: iter((os.nice(0),))


@dataclass(frozen=True)
class TellsWhatIsImported:
    """Says of a module whether a process had it before it opened the job.

    Attributes:
        imports: what the job says that it imports.
    """

    imports: tuple[str, ...]

    def open(self) -> Callable[[str], Iterator[bool]]:
        there = set(sys.modules)
        return lambda name: iter((name in there,))
