"""`mos`: from ratings files to scores, differences and verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from speecht5_demo.commands import console
from speecht5_demo.commands.options import JsonOption
from speecht5_demo.errors import RatingsError
from speecht5_demo.files import write_text
from speecht5_demo.listening.analysis import (
    NEEDED_COLUMNS,
    Analysis,
    Settings,
    View,
    analyse,
    as_json,
    simulated_sessions,
)
from speecht5_demo.listening.analysis.cleaning import REASONS
from speecht5_demo.listening.analysis.interval import Interval, NotEnough
from speecht5_demo.listening.manifest import load_manifest
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.ratings import RATING_COLUMNS, RatingsTable, read_ratings
from speecht5_demo.rendering.wording import counted

SHORT_NAMES = {
    "listener": "listener_id",
    "worker": "listener_id",
    "sentence": "sentence_id",
    "session": "session_id",
    "stimulus": "stimulus_id",
    "study": "study_id",
    "system": "variant",
    "score": "rating",
}


def mos(
    ratings: Annotated[
        list[Path],
        typer.Argument(help="Ratings CSV files, or folders that hold ratings*.csv.", show_default=False),
    ],
    study: Annotated[
        Path | None,
        typer.Option(
            "--study", help="Folder of the prepared study: takes its ratings, margin and trap answers."
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option("--margin", min=0.001, help="Points of MOS that count as no loss.  [default: 0.2]"),
    ] = None,
    baseline: Annotated[str | None, typer.Option("--baseline", help="Variant to compare with.")] = None,
    json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report as one HTML file that needs nothing else.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the score table as CSV.")] = None,
    columns: Annotated[
        str | None,
        typer.Option("--map", help="Columns of another tool, such as rating=score; several with commas."),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale", help="Ends of the scale of another tool's ratings, such as 0:100.  [default: 1:5]"
        ),
    ] = None,
    sentence_from: Annotated[
        str | None,
        typer.Option(
            "--sentence-from",
            help="Pattern for the name of a clip; its group, or the one called sentence, is the sentence, one called "
            "variant the variant.",
        ),
    ] = None,
    screened: Annotated[
        bool, typer.Option("--screened", help="Print the tables after screening instead of all ratings.")
    ] = False,
) -> None:
    """Mean opinion scores with intervals, differences to the baseline, and verdicts.

    Merges any number of files, counts each rating once, and says what was left out and why.
    """
    settings = Settings.of_study(load_manifest(study), margin) if study else Settings(margin=margin or 0.2)
    if margin is not None and not isfinite(margin):
        raise RatingsError(f"--margin is {margin}; write points of MOS, such as 0.2.")
    stated = parse_scale(scale)
    if stated and (html or csv):
        raise RatingsError("--html and --csv are made for ratings from 1 to 5; take --json with --scale.")
    settings = replace(
        settings,
        baseline=baseline or settings.baseline,
        scale=stated or settings.scale,
        verdicts=stated is None or margin is not None,
    )
    table = read_ratings(
        ratings,
        parse_mapping(columns),
        only=NEEDED_COLUMNS,
        scale=stated,
        sentence_from=parse_pattern(sentence_from),
    )
    if refused := [problem.message for problem in table.problems if problem.kind == "unreadable"]:
        raise RatingsError(refused[0])
    refuse_no_ratings(table, ratings)
    analysis = analyse(table, settings, simulated_sessions(ratings))
    refuse_nothing_counted(table, analysis)
    if html:
        from speecht5_demo.report.document import document

        write_text(html, document(analysis), parents=True)
    if csv:
        from speecht5_demo.report.summary_csv import summary_csv

        # A spreadsheet takes a CSV for UTF-8 only where it begins with this mark.
        write_text(csv, "\ufeff" + summary_csv(analysis), parents=True)
    if json:
        console.print_json(as_json(analysis))
        return
    _print(analysis, analysis.screened if screened else analysis.headline, screened)
    for path in filter(None, (html, csv)):
        console.stderr.print(f"Written: {path}")


def parse_mapping(written: str | None) -> dict[str, str]:
    """`ours=theirs,...` as a mapping; short names such as `listener` are allowed.

    Raises:
        RatingsError: a part is not `ours=theirs`, or names no column of ours.
    """
    mapping: dict[str, str] = {}
    for part in filter(None, (written or "").split(",")):
        ours, equals, theirs = (word.strip() for word in part.partition("="))
        name = SHORT_NAMES.get(ours, ours)
        if not equals or not theirs or name not in RATING_COLUMNS:
            known = ", ".join(sorted({*RATING_COLUMNS, *SHORT_NAMES}))
            raise RatingsError(f"--map has {part!r}; write ours=theirs, with ours one of: {known}.")
        mapping[name] = theirs
    return mapping


def parse_scale(written: str | None) -> tuple[float, float] | None:
    """`LOW:HIGH` as two numbers; None for none, and for 1:5, which every rating is on unless it is said otherwise.

    Raises:
        RatingsError: it is not two numbers, the lower one first.
    """
    if written is None:
        return None
    low, _, high = written.partition(":")
    try:
        scale = float(low), float(high)
    except ValueError:
        scale = (0.0, 0.0)
    if not -1e6 < scale[0] < scale[1] < 1e6:
        raise RatingsError(f"--scale is {written!r}; write its ends as LOW:HIGH, such as 0:100.")
    return None if scale == (ACR.low, ACR.high) else scale


def parse_pattern(written: str | None) -> re.Pattern[str] | None:
    """A regular expression.

    Raises:
        RatingsError: it is none.
    """
    try:
        return re.compile(written) if written else None
    except re.error as error:
        raise RatingsError(f"--sentence-from is no regular expression ({error}): {written!r}.") from error


def refuse_no_ratings(table: RatingsTable, sources: Sequence[Path]) -> None:
    """Raise RatingsError where files were named and hold nothing; a live folder may still be empty."""
    if table.frame.empty and sources and all(source.is_file() for source in sources):
        raise RatingsError(f"{sources[0]} holds no ratings. Name a CSV with a header and one row a rating.")


def refuse_nothing_counted(table: RatingsTable, analysis: Analysis) -> None:
    """Raise RatingsError where there are ratings and all are left out: an empty table would say nothing."""
    found = analysis.headline.variants or analysis.preferences or analysis.anchors
    if table.frame.empty or found or not analysis.excluded:
        return
    reasons = "; ".join(
        f"{n:,} {name} ({REASONS.get(name, 'see above')})" for name, n in analysis.excluded.items()
    )
    raise RatingsError(
        f"None of {counted(len(table.frame), 'rating')} counts: {reasons}. "
        "Correct the columns that say so, or map them."
    )


def _print(analysis: Analysis, view: View, screened: bool) -> None:
    from speecht5_demo.report.pieces import headline_sentence
    from speecht5_demo.report.tables import difference_text, p_text

    out = console.stdout
    out.print(headline_sentence(analysis), markup=False)
    title = "after screening" if screened else "all valid ratings"
    head = ("MOS", "95 % interval", "over listeners", "naive", "n (listeners, sentences)")
    scores = [
        (one.variant, f"{one.mos:.2f}", _cell(one.ci95), _cell(one.ci95_listener), _cell(one.ci95_naive),
         f"{one.n_ratings} ({one.n_listeners}, {one.n_sentences})")
        for one in view.variants
    ]  # fmt: skip
    console.print_figures("variant", head, scores, f"Mean opinion scores, {title}")
    for one in view.variants:
        if isinstance(one.ci95, NotEnough):
            out.print(f"{one.variant}: {one.ci95.reason}", highlight=False, markup=False)
    margin = f", margin {analysis.settings.margin:g}" if analysis.settings.verdicts else ""
    compared = [
        (each.variant, difference_text(each.difference) or "–",
         _cell(each.difference.interval if each.difference else None), p_text(each.p_holm), each.text)
        for each in view.comparisons
    ]  # fmt: skip
    if compared:
        head = ("variant", "baseline minus variant", "95 % interval", "p (Holm)", "verdict")
        console.print_entries(head, compared, f"Against {analysis.settings.baseline}{margin}")
    for reason, n in analysis.excluded.items():
        out.print(f"not counted: {n} {reason}")
    for name, n in analysis.flagged.items():
        out.print(f"flagged, counted: {n} {name}")
    for message in (*analysis.problems, *analysis.notes):
        console.stderr.print(message, highlight=False, soft_wrap=True, markup=False)
    if analysis.screening.removed and not screened:
        out.print(f"Screening would take out {len(analysis.screening.removed)} sessions: see --screened.")


def _cell(found: Interval | NotEnough | None) -> str:
    if isinstance(found, Interval):
        return f"{found.low:.2f} to {found.high:.2f}"
    return "too little" if isinstance(found, NotEnough) else "–"
