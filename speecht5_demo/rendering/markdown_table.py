"""Markdown tables, and their marked places in a file: what stands between the marks belongs to a command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from speecht5_demo.errors import ResultsError
from speecht5_demo.files import write_text
from speecht5_demo.rendering.wording import NONE


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 1) -> str:
    """A table; columns from `numbers` on are aligned to the right, None shows as a dash."""
    rule = ["---:" if place >= numbers else "---" for place in range(len(head))]
    lines = [_line(head), f"|{'|'.join(rule)}|", *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    texts = (NONE if cell is None else str(cell) for cell in cells)
    return "| " + " | ".join(" ".join(text.replace("|", "\\|").split()) for text in texts) + " |"


def write_section(path: Path, name: str, markdown: str) -> None:
    """Replace what stands between `<!-- begin table: NAME -->` and `<!-- end table: NAME -->`.

    Raises:
        ResultsError: the file has no such pair of marks.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = marks(name)
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ResultsError(f"{path} has no place for the table {name!r}: add the lines {begin} and {end}.")
    write_text(path, f"{head}{begin}\n{markdown.strip()}\n{end}{tail}", parents=True)


def has_section(path: Path, name: str) -> bool:
    """Whether a file has a place for this table."""
    return marks(name)[0] in path.read_text(encoding="utf-8")


def marks(name: str) -> tuple[str, str]:
    """The lines around a table's place."""
    return f"<!-- begin table: {name} -->", f"<!-- end table: {name} -->"
