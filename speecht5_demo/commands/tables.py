"""`tables`: the tables and pictures of a README, rewritten from result files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.errors import ResultsError


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
    from speecht5_demo.benchmark.speed_tables import speed_table
    from speecht5_demo.quality.markdown import evaluation_markdown, sweep_markdown, write_pictures
    from speecht5_demo.quality.records import read_rows, read_table
    from speecht5_demo.quality.summary import SUMMARY
    from speecht5_demo.quality.sweep import SWEEP
    from speecht5_demo.rendering.markdown_table import write_section
    from speecht5_demo.report.claims import judge_claims
    from speecht5_demo.report.claims_table import claims_markdown
    from speecht5_demo.report.result_files import read_results
    from speecht5_demo.results import BenchmarkDocument, EvaluationDocument, SweepDocument, read

    write_section(readme, "claims", claims_markdown(judge_claims(read_results([results]))))
    done = ["claims"]
    if files := sorted(results.glob("benchmark*.json")):
        measured = sorted(
            (read(file, BenchmarkDocument) for file in files), key=lambda one: one.settings.threads
        )
        try:
            table = speed_table(*measured[:2])
        except ResultsError as error:
            console.stderr.print(str(error))
            table = speed_table(measured[0])
        write_section(readme, "benchmark", table)
        done.append("benchmark")
    for file in sorted(results.rglob(SUMMARY)):
        summary = read(file, EvaluationDocument)
        rows = read_table(file.parent) if (file.parent / "rows.csv").exists() else read_rows(file.parent)
        drawn = write_pictures(summary, rows, pictures)
        links = (f"![{title}]({os.path.relpath(path, readme.parent)})" for title, path in drawn.items())
        write_section(readme, "evaluation", "\n\n".join([evaluation_markdown(summary), *links]))
        done.append("evaluation")
    if files := sorted(results.rglob(SWEEP)):
        sweeps = [sweep_markdown(read(file, SweepDocument)) for file in files]
        write_section(readme, "sweep", "\n\n".join(sweeps))
        done.append("sweep")
    console.stderr.print(f"Rewrote {', '.join(done)} in {readme}.")
