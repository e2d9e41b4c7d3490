"""Shards: part K of N of the items of a run, for batch systems that give each machine a number.

Items are dealt out in turn, so that shards are of one size, and every machine knows its own without asking another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from speecht5_demo.distributed.work import I
from speecht5_demo.errors import DemoError

MOST = 100_000
SHARD = "shard.json"
"""The file in a shard's folder that says which one it is."""


class ShardError(DemoError):
    """A shard is misnamed, or shards do not belong together."""


@dataclass(frozen=True)
class Shard:
    """One part of a run.

    Attributes:
        number: from 1.
        of: how many there are.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def read(cls, written: str) -> Shard:
        """The shard that `K/N` names; the whole where nothing is written.

        Raises:
            ShardError: it is no such thing.
        """
        if not written:
            return cls()
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", written)
        number, of = map(int, found.groups()) if found else (0, 0)
        if not 1 <= number <= of <= MOST:
            raise ShardError(f"{written!r} is no shard: write K/N with K from 1 to N, such as 2/8.")
        return cls(number, of)

    @property
    def whole(self) -> bool:
        """Whether it is all there is."""
        return self.of == 1

    def part(self, items: Sequence[I]) -> list[I]:
        """The items of this shard, in their order."""
        return list(items[self.number - 1 :: self.of])

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def check_complete(found: Iterable[tuple[Path, Shard]]) -> None:
    """Whether folders hold every shard of one division once.

    Raises:
        ShardError: one is missing or doubled, or they are of several divisions.
    """
    shards = list(found)
    divisions = sorted({shard.of for _, shard in shards})
    if len(divisions) > 1:
        named = " and ".join(f"{path} is {shard}" for path, shard in _one_of_each(shards))
        raise ShardError(f"These are shards of different divisions: {named}. Give those of one run.")
    counts = Counter(shard.number for _, shard in shards)
    if doubled := [number for number, count in sorted(counts.items()) if count > 1]:
        places = ", ".join(str(path) for path, shard in shards if shard.number == doubled[0])
        raise ShardError(
            f"Shard {doubled[0]}/{divisions[0]} is there more than once: {places}. Give one of them."
        )
    missing = [f"{number}/{divisions[0]}" for number in range(1, divisions[0] + 1) if number not in counts]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise ShardError(
            f"Shards are missing: {', '.join(missing[:5])}{more}. Run them with --shard, then merge all {divisions[0]}."
        )


class Described(Protocol):
    """What a shard's folder says of it."""

    @property
    def number(self) -> int: ...

    @property
    def of(self) -> int: ...

    @property
    def complete(self) -> bool:
        """Whether it is finished."""


D = TypeVar("D", bound=Described)


def in_order(found: Sequence[tuple[Path, D]], differing: Callable[[D, D], Sequence[str]]) -> dict[Path, D]:
    """The shards of one run by their folders, from the first to the last.

    Args:
        differing: what two shards of one run would share and these do not.

    Raises:
        ShardError: one is missing, doubled, unfinished, or of another run.
    """
    check_complete([(folder, Shard(one.number, one.of)) for folder, one in found])
    ordered = dict(sorted(found, key=lambda each: each[1].number))
    (first_folder, first), *others = ordered.items()
    for folder, one in others:
        if names := differing(first, one):
            raise ShardError(
                f"{first_folder} and {folder} are shards of different runs ({', '.join(names)}). "
                "Give the shards of one run."
            )
    for folder, one in ordered.items():
        if not one.complete:
            raise ShardError(
                f"Shard {one.number}/{one.of} in {folder} is not finished. Run it again: it goes on where it stopped."
            )
    return ordered


def _one_of_each(shards: Sequence[tuple[Path, Shard]]) -> list[tuple[Path, Shard]]:
    first: dict[int, tuple[Path, Shard]] = {}
    for path, shard in shards:
        first.setdefault(shard.of, (path, shard))
    return list(first.values())[:2]
