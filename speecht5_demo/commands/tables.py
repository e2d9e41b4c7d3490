"""`tables`: the tables and pictures of the pages, rewritten from result files."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.errors import ResultsError

if TYPE_CHECKING:
    from speecht5_demo.results import BenchmarkDocument

PAGES = (Path("README.md"), Path("docs/results.md"), Path("docs/speed.md"), Path("docs/scale.md"))
ATTACK = "attack.md"
"""Beside the page that needs it."""
SHIPPED_STUDY = Path(__file__).resolve().parents[2] / "assets" / "studies" / "report.toml"

Table = Callable[[Path], str]
"""Writes a table for a page: links to pictures depend on where the page lies."""


def tables(
    pages: Annotated[
        list[Path] | None,
        typer.Argument(help="Markdown files with marked tables (README and docs).", exists=True),
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder of result files.", exists=True)] = Path("results"),
    pictures: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("assets/pictures"),
) -> None:
    """Rewrite the marked tables of pages from result files; a table without a file stays as it is.

    Example: python -m speecht5_demo tables README.md docs/results.md --results results
    """
    from speecht5_demo.rendering.markdown_table import has_section, marks, write_section

    made = _tables(results, pictures)
    for page in pages or PAGES:
        here = [name for name in made if has_section(page, name)]
        if not here:
            begin, end = marks(next(iter(made)))
            raise ResultsError(f"{page} has no place for a table: add lines such as {begin} and {end}.")
        for name in here:
            write_section(page, name, made[name](page))
        console.stderr.print(f"Rewrote {', '.join(here)} in {page}.")


def _tables(results: Path, pictures: Path) -> dict[str, Table]:
    """Every table that the files of a folder can fill, by its name."""
    from speecht5_demo.benchmark.speed_tables import batch_table, length_table
    from speecht5_demo.listening.study import load_study
    from speecht5_demo.quality.markdown import (
        evaluation_markdown,
        pairs_markdown,
        sweep_markdown,
        write_pictures,
    )
    from speecht5_demo.quality.records import read_table
    from speecht5_demo.quality.summary import SUMMARY
    from speecht5_demo.quality.sweep import SWEEP
    from speecht5_demo.report.claims import check_claims
    from speecht5_demo.report.claims_table import claims_markdown
    from speecht5_demo.report.result_files import read_results
    from speecht5_demo.report.scale_tables import (
        large_run_markdown,
        listeners_markdown,
        overhead_markdown,
        read_crowd,
    )
    from speecht5_demo.report.summary_table import summary_markdown
    from speecht5_demo.results import (
        BenchmarkDocument,
        DistributedDocument,
        EvaluationDocument,
        SweepDocument,
        read,
    )

    claims = claims_markdown(check_claims(read_results([results])))
    made: dict[str, Table] = {"claims": lambda page: claims}
    documents = [read(file, BenchmarkDocument) for file in sorted(results.glob("benchmark*.json"))]
    held = {one.settings.level: one for one in documents if one.settings.held}
    for level, document in held.items():
        made[f"benchmark-{level}"] = functools.partial(_held, document)
    measured = sorted(
        (one for one in documents if not one.settings.held), key=lambda one: one.settings.threads
    )
    distributed = [read(file, DistributedDocument) for file in sorted(results.glob("distributed*.json"))]
    if distributed:
        made["ray"] = lambda page: overhead_markdown(distributed[0])
    if measured:
        fewest = measured[0]
        made["scale"] = lambda page: large_run_markdown(fewest, distributed[0] if distributed else None)
        made["listeners"] = lambda page: listeners_markdown(
            read_crowd(page.parent / ATTACK), load_study(SHIPPED_STUDY), fewest.settings.audio_s
        )
        made["benchmark"] = lambda page: _speed(measured)
        made["batches"] = lambda page: batch_table(fewest)
        made["lengths"] = lambda page: length_table(fewest)
    summaries = {file: read(file, EvaluationDocument) for file in sorted(results.rglob(SUMMARY))}
    if summaries:
        made["pairs"] = lambda page: pairs_markdown(list(summaries.values()))
    if file := min(summaries, key=lambda file: summaries[file].settings.seeds, default=None):
        summary = summaries[file]
        rows = read_table(file.parent)
        drawn = write_pictures(summary, rows, pictures)

        def evaluation(page: Path) -> str:
            links = (f"![{title}]({os.path.relpath(path, page.parent)})" for title, path in drawn.items())
            return "\n\n".join([evaluation_markdown(summary), *links])

        made["evaluation"] = evaluation
        if measured:
            made["summary"] = lambda page: summary_markdown(measured[0], held, summary)
    if files := sorted(results.rglob(SWEEP)):
        sweeps = "\n\n".join(sweep_markdown(read(file, SweepDocument)) for file in files)
        made["sweep"] = lambda page: sweeps
    return made


def _held(document: BenchmarkDocument, page: Path) -> str:
    from speecht5_demo.benchmark.speed_tables import speed_table

    return speed_table(document)


def _speed(measured: Sequence[BenchmarkDocument]) -> str:
    """The table, with another thread count's ratios in brackets where they are of the same thing."""
    from speecht5_demo.benchmark.speed_tables import speed_table

    try:
        return speed_table(*measured[:2])
    except ResultsError as error:
        console.stderr.print(str(error))
        return speed_table(measured[0])
