"""Numbers as people read them."""

from __future__ import annotations

NONE = "–"


def megabytes(count: int | None, digits: int = 1) -> str:
    """Bytes as megabytes of 10**6, without the unit; a dash for None."""
    return NONE if count is None else f"{count / 1e6:.{digits}f}"


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 listener`, `2 listeners`, `1,200 ratings`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def ends(interval: tuple[float, float] | None, digits: int = 2) -> str | None:
    """An interval as `3.57 to 3.73`; None where there is none."""
    return None if interval is None else f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"
