"""What commands print for people goes to stderr or a table; stdout stays clean for `--json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from speecht5_demo.synthesis import Progress as SynthesisProgress

stdout = Console()
stderr = Console(stderr=True)
_LEAST_PROSE = 24  # characters of a line
_BETWEEN = 2  # characters from one column to the next


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def print_figures(
    first: str, titles: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", note: str = ""
) -> None:
    """A table of names and figures on stdout; no cell is cut: what does not fit beside it follows below.

    Args:
        first: title of the column of names, which every part repeats.
        titles: of the columns of figures.
        rows: a name and its figures, one for each title.
        title, note: lines above and below.
    """
    if title:
        stdout.print(title, style="italic", highlight=False, markup=False)
    widths = [
        max([cell_len(title), *(cell_len(row[at]) for row in rows)]) + _BETWEEN
        for at, title in enumerate((first, *titles))
    ]
    parts: list[list[int]] = [[]]
    for at, width in enumerate(widths[1:], 1):
        if parts[-1] and widths[0] + sum(widths[one] for one in parts[-1]) + width > stdout.width:
            parts.append([])
        parts[-1].append(at)
    for part in parts:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
        table.add_column(first, overflow="fold")
        for at in part:
            table.add_column(titles[at - 1], justify="right", no_wrap=True, overflow="fold")
        for row in rows:
            table.add_row(*(escape(row[at]) for at in (0, *part)))
        stdout.print(table)
    if note:
        stdout.print(note, style="italic", highlight=False, markup=False)


def print_entries(titles: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """A table on stdout whose last column is prose: it takes the width that is left and wraps between words.

    Where that leaves it too little, it goes below the other columns, and those that do not fit beside each other
    follow below as well.
    """
    widths = [max(cell_len(row[at]) for row in (titles, *rows)) + _BETWEEN for at in range(len(titles) - 1)]
    side_by_side = stdout.width - sum(widths) >= _LEAST_PROSE
    if not side_by_side:
        print_figures(titles[0], titles[1:-1], [row[:-1] for row in rows], title)
        for row in rows:
            stdout.print(f"{row[0]}: {row[-1]}", highlight=False, markup=False)
        return
    if title:
        stdout.print(title, style="italic", highlight=False, markup=False)
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in titles[:-1]:
        shown.add_column(name, no_wrap=True, overflow="fold")
    shown.add_column(titles[-1], overflow="fold")
    for row in rows:
        shown.add_row(*map(escape, row))
    stdout.print(shown)


@contextmanager
def speaking_progress(labels: dict[str, str]) -> Iterator[Callable[[SynthesisProgress], Any]]:
    """A progress bar on stderr, one line a variant; yields the callback for a `Synthesizer`.

    The bar of a variant shows decoder steps against the cap, since no one knows where a voice will end.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as bars:
        tasks = {name: bars.add_task(label, total=None, start=False) for name, label in labels.items()}

        def on_progress(progress: SynthesisProgress) -> None:
            task = tasks[progress.variant]
            if progress.step == 1:
                bars.start_task(task)
            where = f"piece {progress.piece + 1} of {progress.pieces}, step {progress.step}"
            bars.update(
                task,
                description=f"{labels[progress.variant]}: {where}",
                total=progress.pieces,
                completed=progress.piece + progress.step / progress.max_steps,
            )

        yield on_progress
