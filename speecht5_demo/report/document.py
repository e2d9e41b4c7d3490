"""The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

It prints well.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime
from pathlib import Path

from speecht5_demo import __version__
from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.report import pieces

_STYLES = tuple(Path(__file__).with_name(name) for name in ("report.css", "page.css"))


def document(
    analysis: Analysis, extra: tuple[tuple[str, str], ...] = (), name_listeners: bool = False
) -> str:
    """The whole report.

    Args:
        extra: further sections as (heading, HTML), placed behind the differences.
        name_listeners: list the screened sessions by id.
    """
    view, margin = analysis.headline, analysis.settings.margin
    sections = [
        ("Scores", pieces.scores_piece("doc", view)),
        (
            "Against the baseline",
            pieces.differences_piece("doc", view, margin)
            + pieces.noise_floor_piece(analysis)
            + pieces.preference_piece(analysis),
        ),
        *extra,
        ("Grades", pieces.distribution_piece("doc", view)),
        ("Screening", pieces.screening_piece(analysis, name_listeners)),
        ("Other treatments", pieces.sensitivity_piece(analysis)),
        ("Order", pieces.order_piece(analysis)),
        ("By speaker", pieces.mos_table("Scores by speaker", analysis.by["speaker"], "Speaker")),
        ("By sentence", pieces.mos_table("Scores by sentence", analysis.by["sentence"], "Sentence")),
        ("Study and casual ratings", pieces.mos_table("Scores by source", analysis.by["source"], "Source")),
        ("What does not count", pieces.excluded_piece(analysis)),
        ("Methods", pieces.methods_piece(analysis)),
    ]
    body = "".join(
        f"<section><h2>{html.escape(title)}</h2>{content}</section>" for title, content in sections
    )
    return page("What listeners heard", pieces.headline_sentence(analysis), body)


def page(title: str, lead: str, body: str) -> str:
    """A stand-alone HTML page around sections."""
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    style = "\n".join(path.read_text(encoding="utf-8") for path in _STYLES)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f'<body><main class="chart-report"><h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>{body}'
        f'<p class="key">Made {made} by speecht5_demo {__version__}.</p></main></body></html>\n'
    )
