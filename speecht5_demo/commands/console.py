"""What commands print for people goes to stderr or a table; stdout stays clean for `--json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from speecht5_demo.synthesis import Progress as SynthesisProgress

stdout = Console()
stderr = Console(stderr=True)


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def megabytes(count: int) -> str:
    """Bytes as megabytes of 10**6, for tables."""
    return f"{count / 1e6:.1f}"


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
