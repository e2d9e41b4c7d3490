"""`tables`: the tables and pictures of a README, rewritten from result files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from speecht5_demo.commands import console


def tables(
    readme: Annotated[Path, typer.Argument(help="Markdown file with marked tables.", exists=True)] = Path(
        "README.md"
    ),
    results: Annotated[Path, typer.Option(help="Folder of result files.", exists=True)] = Path("results"),
    pictures: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("assets/pictures"),
) -> None:
    """Rewrite a README's tables and pictures from result files; a table without a file stays as it is.

    Example: python -m speecht5_demo tables README.md --results results
    """
    from speecht5_demo.quality.markdown import evaluation_markdown, sweep_markdown, write_pictures
    from speecht5_demo.quality.records import read_rows, read_table
    from speecht5_demo.quality.summary import SUMMARY, read_summary
    from speecht5_demo.quality.sweep import SWEEP, read_sweep
    from speecht5_demo.readme import write_section
    from speecht5_demo.report.claims import judge_claims
    from speecht5_demo.report.claims_table import claims_markdown
    from speecht5_demo.report.result_files import read_results

    write_section(readme, "claims", claims_markdown(judge_claims(read_results([results]))))
    done = ["claims"]
    if documents := _benchmarks(results):
        write_section(readme, "benchmark", _benchmark(*documents[:2]))
        done.append("benchmark")
    for file in sorted(results.rglob(SUMMARY)):
        summary = read_summary(file)
        rows = read_table(file.parent) if (file.parent / "rows.csv").exists() else read_rows(file.parent)
        drawn = write_pictures(summary, rows, pictures)
        links = (f"![{title}]({os.path.relpath(path, readme.parent)})" for title, path in drawn.items())
        write_section(readme, "evaluation", "\n\n".join([evaluation_markdown(summary), *links]))
        done.append("evaluation")
    sweeps = [sweep_markdown(read_sweep(file)) for file in sorted(results.rglob(SWEEP))]
    if sweeps:
        write_section(readme, "sweep", "\n\n".join(sweeps))
        done.append("sweep")
    console.stderr.print(f"Rewrote {', '.join(done)} in {readme}.")


def _benchmarks(results: Path) -> list[dict[str, Any]]:
    """Measured documents, fewest threads first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("benchmark*.json"))]
    return sorted(found, key=lambda document: int(document["settings"]["threads"]))


def _benchmark(document: dict[str, Any], other: dict[str, Any] | None = None) -> str:
    """The table, with the other document's ratios in brackets where they are of the same thing."""
    from speecht5_demo.benchmark.comparison import ComparisonError
    from speecht5_demo.benchmark.results import markdown_table

    try:
        return markdown_table(document, other)
    except ComparisonError as error:
        console.stderr.print(str(error))
        return markdown_table(document)
