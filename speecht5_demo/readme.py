"""Generated parts of a Markdown file: what stands between two marker comments belongs to a command, not to a person."""

from __future__ import annotations

from pathlib import Path

from speecht5_demo.errors import DemoError
from speecht5_demo.files import write_text


def write_section(path: Path, name: str, markdown: str) -> None:
    """Replace what stands between `<!-- begin table: NAME -->` and `<!-- end table: NAME -->`.

    Raises:
        DemoError: the file has no such pair of markers.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = f"<!-- begin table: {name} -->", f"<!-- end table: {name} -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise DemoError(f"{path} has no place for the table {name!r}: add the lines {begin} and {end}.")
    write_text(path, f"{head}{begin}\n{markdown.strip()}\n{end}{tail}")
