"""The whole report on ratings as one HTML file."""

from __future__ import annotations

from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.messages import Message
from speecht5_demo.rendering.page import page
from speecht5_demo.report import pieces, sessions
from speecht5_demo.report.tables import mos_table


def document(
    analysis: Analysis, extra: tuple[tuple[str, str], ...] = (), name_listeners: bool = False
) -> str:
    """The whole report, in the language of who reads.

    Args:
        extra: further sections as (heading, HTML), placed behind the differences.
        name_listeners: list the screened sessions by id.
    """
    view, margin = analysis.headline, analysis.settings.margin
    sections = [
        (Message("Scores"), pieces.scores_piece("doc", view, analysis.settings)),
        (
            Message("Against the baseline"),
            pieces.differences_piece("doc", view, margin)
            + pieces.noise_floor_piece(analysis)
            + pieces.preference_piece(analysis.preferences)
            + pieces.casual_preference_piece(analysis),
        ),
        *extra,
        (Message("Grades"), pieces.distribution_piece("doc", view, analysis.settings)),
        (Message("Screening"), sessions.screening_piece(analysis, name_listeners)),
        (Message("Other treatments"), pieces.sensitivity_piece(analysis)),
        (Message("Order"), pieces.order_piece(analysis)),
        (
            Message("By speaker"),
            mos_table(Message("Scores by speaker"), analysis.by["speaker"], Message("Speaker")),
        ),
        (
            Message("By sentence"),
            mos_table(Message("Scores by sentence"), analysis.by["sentence"], Message("Sentence")),
        ),
        (
            Message("Study and casual ratings"),
            mos_table(Message("Scores by source"), analysis.by["source"], Message("Source")),
        ),
        (Message("What does not count"), sessions.excluded_piece(analysis)),
        (Message("Methods"), pieces.methods_piece(analysis)),
    ]
    return page(Message("What listeners heard"), pieces.headline_sentence(analysis), sections)
