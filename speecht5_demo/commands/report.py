"""`report`: the source report's claims beside what was measured."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.commands.mos import refuse_no_ratings, refuse_nothing_counted
from speecht5_demo.commands.options import JsonOption
from speecht5_demo.errors import RatingsError, ResultsError
from speecht5_demo.files import write_text
from speecht5_demo.listening.analysis import NEEDED_COLUMNS, Settings, analyse, simulated_sessions
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.rendering.markdown_table import write_section
from speecht5_demo.report.claims import check_claims
from speecht5_demo.report.claims_table import (
    claim_rows,
    claims_markdown,
    claims_piece,
    measured_text,
    remarks_on,
)
from speecht5_demo.report.listeners import listeners_document
from speecht5_demo.report.measured import together
from speecht5_demo.report.result_files import RESULTS, of_listeners, read_results


def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Result files of `benchmark --json`, `evaluate` and `mos --json`, or folders of them.",
            show_default=str(RESULTS),
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
    places = results or [RESULTS]
    absent = [str(place) for place in [*(results or []), *([readme] if readme else [])] if not place.exists()]
    if absent:
        raise RatingsError(
            f"{absent[0]} does not exist. Name result files, or a folder of them, and a file that is there."
        )
    measured = read_results(places)
    named = [str(one) for one in results or [] if one.is_file()]
    if said := [problem for problem in measured.problems if any(name in problem for name in named)]:
        raise ResultsError(said[0])
    analysis = None
    if ratings:
        table = read_ratings(ratings, only=NEEDED_COLUMNS)
        refuse_no_ratings(table, ratings)
        analysis = analyse(table, Settings(), simulated_sessions(ratings))
        refuse_nothing_counted(table, analysis)
        measured = together(measured, of_listeners(listeners_document(analysis)))
    checked = check_claims(measured)
    if html:
        from speecht5_demo.rendering.page import page
        from speecht5_demo.report.document import document

        piece = ("Claimed versus measured", claims_piece(checked))
        lead = "Every claim of the source report beside what was measured, and by whom."
        text = document(analysis, (piece,)) if analysis else page(piece[0], lead, (("", piece[1]),))
        write_text(html, text, parents=True)
    if markdown:
        write_text(markdown, claims_markdown(checked), parents=True)
    if readme:
        write_section(readme, "claims", claims_markdown(checked))
    rows = claim_rows(checked)
    if json:
        console.print_json({"claims": [asdict(row) for row in rows], "files": [str(path) for path in measured.files],
                            "problems": list(measured.problems)})  # fmt: skip
        return
    shown = []
    for one, row in zip(checked, rows, strict=True):
        figure = "–" if row.measured is None else measured_text(one.claim, row.measured)
        verdict = f"{row.verdict}: {row.reason}"
        shown.append((f"{row.metric}: {row.claim}", figure, row.n or "–", row.checkpoint or "–", verdict))
    console.print_entries(("claim", "measured", "n", "checkpoint", "verdict"), shown)
    for remark in remarks_on(checked, here=True):
        console.stdout.print(remark, markup=False)
    for problem in measured.problems:
        console.stderr.print(problem)
