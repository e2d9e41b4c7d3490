"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from speecht5_demo.messages import Message

NONE = "–"

COUNTED: Mapping[str, tuple[str, str]] = {
    "listener": ("1 listener", "{n} listeners"),
    "pair": ("1 pair", "{n} pairs"),
    "rating": ("1 rating", "{n} ratings"),
    "round": ("1 round", "{n} rounds"),
    "row": ("1 row", "{n} rows"),
    "sentence": ("1 sentence", "{n} sentences"),
    "session": ("1 session", "{n} sessions"),
    "thread": ("1 thread", "{n} threads"),
    "timed round": ("1 timed round", "{n} timed rounds"),
    "utterance": ("1 utterance", "{n} utterances"),
}
"""One and several of a thing, for those that the pages count in the reader's language."""


def megabytes(count: int | None, digits: int = 1) -> str:
    """Bytes as megabytes of 10**6, without the unit; a dash for None."""
    return NONE if count is None else f"{count / 1e6:.{digits}f}"


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 listener`, `2 listeners`, `1,200 ratings`."""
    if not plural and (known := COUNTED.get(noun)):
        return of_count(n, *known)
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def of_count(n: int, one: str, several: str, **values: object) -> Message:
    """A sentence about one thing or about several, whose number is `n`."""
    return Message(one if n == 1 else several, n=f"{n:,}", **values)


def ends(interval: tuple[float, float] | None, digits: int = 2) -> str | None:
    """An interval as `3.57 to 3.73`; None where there is none."""
    return None if interval is None else spanned(*(f"{end:.{digits}f}" for end in interval))


def spanned(low: str, high: str) -> str:
    """`3.57 to 3.73`."""
    return Message("{low} to {high}", low=low, high=high)


def rests_on(ratings: int, listeners: int, sentences: int) -> Message:
    """What a score rests on, in words."""
    return Message(
        "{ratings}, {listeners}, {sentences}",
        ratings=counted(ratings, "rating"),
        listeners=counted(listeners, "listener"),
        sentences=counted(sentences, "sentence"),
    )
