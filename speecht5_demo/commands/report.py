"""`report`: the source report's claims beside what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from speecht5_demo.commands import console
from speecht5_demo.commands.options import JsonOption
from speecht5_demo.errors import RatingsError
from speecht5_demo.files import write_text
from speecht5_demo.listening.analysis import NEEDED_COLUMNS, Settings, analyse, as_json, simulated_sessions
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.report.claims import judge_claims
from speecht5_demo.report.claims_table import claims_json, claims_markdown, claims_piece, fill_readme
from speecht5_demo.report.measured import together
from speecht5_demo.report.result_files import measured_by_listeners, read_results


def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Result files of `benchmark --json`, `evaluate` and `mos --json`, or folders of them.",
            show_default="results docs",
        ),
    ] = None,
    ratings: Annotated[
        list[Path] | None, typer.Option("--ratings", help="Ratings files or folders to analyse as well.")
    ] = None,
    json: JsonOption = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the table as Markdown.")] = None,
    readme: Annotated[
        Path | None, typer.Option("--readme", help="Fill the table's place in this file.")
    ] = None,
) -> None:
    """Claimed versus measured: every row of the source report with a verdict.

    Cells come from result files only; a claim without one is "not measured".
    """
    places = results or [Path("results"), Path("docs")]
    absent = [str(place) for place in [*(results or []), *([readme] if readme else [])] if not place.exists()]
    if absent:
        raise RatingsError(
            f"{absent[0]} does not exist. Name result files, or a folder of them, and a file that is there."
        )
    measured = read_results(places)
    analysis = None
    if ratings:
        analysis = analyse(
            read_ratings(ratings, only=NEEDED_COLUMNS), Settings(), simulated_sessions(ratings)
        )
        measured = together(measured, measured_by_listeners(as_json(analysis)))
    judged = judge_claims(measured)
    if html:
        from speecht5_demo.report.document import document, page

        piece = ("Claimed versus measured", claims_piece(judged))
        lead = "Every claim of the source report beside what this machine and these listeners measured."
        text = document(analysis, (piece,)) if analysis else page(piece[0], lead, piece[1])
        write_text(html, text, parents=True)
    if markdown:
        write_text(markdown, claims_markdown(judged), parents=True)
    if readme:
        write_text(readme, fill_readme(readme.read_text(encoding="utf-8"), judged))
    if json:
        console.print_json({"claims": claims_json(judged), "files": [str(path) for path in measured.files],
                            "problems": list(measured.problems)})  # fmt: skip
        return
    out = Table("claim", "measured", "n", "checkpoint", "verdict")
    for one in claims_json(judged):
        figure = "–" if one["measured"] is None else f"{one['measured']:.4g} {one['unit']}".strip()
        out.add_row(f"{one['metric']}: {one['claim']}", figure, one["n"] or "–", one["checkpoint"] or "–",
                    f"{one['verdict']}: {one['reason']}")  # fmt: skip
    console.stdout.print(out)
    for problem in measured.problems:
        console.stderr.print(problem)
