"""Values in the unit that they are shown in: shares become percent, cents lose their decimals."""

from __future__ import annotations

PERCENT, WHOLE = ("share",), ("cents",)


def shown(value: float, unit: str) -> str:
    """A value as a table prints it."""
    return f"{scaled(value, unit):.{digits(unit)}f}"


def shown_interval(ends: tuple[float, float] | None, unit: str) -> str | None:
    """An interval as `3.57 to 3.73`; None where there is none."""
    return None if ends is None else " to ".join(shown(end, unit) for end in ends)


def scaled(value: float, unit: str) -> float:
    """A value in the unit it is shown in."""
    return 100.0 * value if unit in PERCENT else value


def digits(unit: str) -> int:
    """Decimals that a unit deserves."""
    return 1 if unit in PERCENT else 0 if unit in WHOLE else 2


def unit_shown(unit: str) -> str:
    """The unit's name on an axis."""
    return "%" if unit in PERCENT else unit
