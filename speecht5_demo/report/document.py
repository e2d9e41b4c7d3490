"""The whole report on ratings as one HTML file."""

from __future__ import annotations

from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.rendering.page import page
from speecht5_demo.report import pieces


def document(
    analysis: Analysis, extra: tuple[tuple[str, str], ...] = (), name_listeners: bool = False
) -> str:
    """The whole report.

    Args:
        extra: further sections as (heading, HTML), placed behind the differences.
        name_listeners: list the screened sessions by id.
    """
    view, margin, scale = analysis.headline, analysis.settings.margin, analysis.settings.scale
    sections = [
        ("Scores", pieces.scores_piece("doc", view, scale)),
        (
            "Against the baseline",
            pieces.differences_piece("doc", view, margin)
            + pieces.noise_floor_piece(analysis)
            + pieces.preference_piece(analysis.preferences)
            + pieces.casual_preference_piece(analysis),
        ),
        *extra,
        ("Grades", pieces.distribution_piece("doc", view, scale)),
        ("Screening", pieces.screening_piece(analysis, name_listeners)),
        ("Other treatments", pieces.sensitivity_piece(analysis)),
        ("Order", pieces.order_piece(analysis)),
        ("By speaker", pieces.mos_table("Scores by speaker", analysis.by["speaker"], "Speaker")),
        ("By sentence", pieces.mos_table("Scores by sentence", analysis.by["sentence"], "Sentence")),
        ("Study and casual ratings", pieces.mos_table("Scores by source", analysis.by["source"], "Source")),
        ("What does not count", pieces.excluded_piece(analysis)),
        ("Methods", pieces.methods_piece(analysis)),
    ]
    return page("What listeners heard", pieces.headline_sentence(analysis), sections)
