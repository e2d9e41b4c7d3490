"""Rows and sessions that do not count, and what was unusual about some, in the language of who reads."""

from __future__ import annotations

from collections.abc import Mapping

from speecht5_demo.listening.analysis.analysis import Analysis
from speecht5_demo.listening.analysis.cleaning import REASONS
from speecht5_demo.listening.analysis.screening import RULES
from speecht5_demo.listening.playback import FLAGS
from speecht5_demo.listening.refusals import REASONS as REFUSED
from speecht5_demo.messages import Message, joined, messages
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import heading, in_english, paragraph
from speecht5_demo.rendering.wording import counted
from speecht5_demo.report.tables import comparison_table, mos_table

FILE_PROBLEMS = {
    "torn-line": "a last line without its end: the writer died while writing it",
    "broken-line": "another number of cells than the header",
    "duplicate": "the same rating again; the first counts",
    "corrected": "a rating that its listener corrected; the correction counts",
    "copied-row": "a row of a copy of another file",
    "unreadable": "a file that cannot be read",
}


def excluded_piece(analysis: Analysis) -> str:
    """Rows that do not count, by reason, and flags."""
    known = {**REASONS, **FILE_PROBLEMS}
    meanings = {name: known.get(name, "") for name in analysis.excluded}
    rows = [[name, Message(meanings[name]), n] for name, n in sorted(analysis.excluded.items())]
    parts = [table(Message("Rows that do not count"), messages("Reason", "Meaning", "Rows"), rows)]
    if analysis.flagged:
        flags = [[name, n] for name, n in analysis.flagged.items()]
        caption = Message("Flags on rows; a flag alone takes nothing out")
        parts.append(table(caption, messages("Flag", "Rows"), flags))
    if analysis.problems:
        items = "".join(f"<li>{in_english(message)}</li>" for message in analysis.problems[:20])
        parts.append(f"<ul>{items}</ul>")
    return "".join(parts)


def screening_piece(analysis: Analysis, name_listeners: bool) -> str:
    """Which sessions screening takes out and why, and the tables without them.

    Args:
        name_listeners: whether sessions are listed by id; only the study's owner should see them.
    """
    screening = analysis.screening
    rows = [[rule, Message(RULES[rule]), n] for rule, n in screening.removed_by_rule.items()]
    parts = [
        table(
            Message("Rules that the data can be checked by"),
            messages("Rule", "A session is taken out when", "Sessions"),
            rows,
        )
    ]
    if name_listeners and screening.removed:
        head = messages("Session", "Listener", "Why", "Ratings")
        sessions = [
            [
                one.session,
                one.listener,
                joined("; ", [Message(RULES[each]) for each in one.reasons]),
                one.ratings,
            ]
            for one in screening.removed[:200]
        ]
        parts.append(table(Message("Sessions taken out: {n}", n=len(screening.removed)), head, sessions))
    parts.append(mos_table(Message("Scores after screening"), analysis.screened.variants))
    parts.append(comparison_table(Message("Differences after screening"), analysis.screened.comparisons))
    return "".join(parts)


def suspicion_piece(analysis: Analysis, refusals: Mapping[str, int]) -> str:
    """What was unusual about sessions, and what was not taken from any; for the study's owner.

    Args:
        refusals: how often something was not taken, by reason.
    """
    sessions = [
        [Message(meaning), analysis.flagged_sessions[name], analysis.flagged[name]]
        for name, meaning in FLAGS.items()
        if analysis.flagged.get(name)
    ]
    screened = Message(
        "All are kept; {sessions} left out of the scores after screening.",
        sessions=counted(len(analysis.screening.removed), "session"),
    )
    parts = [heading(Message("Suspicious sessions")), paragraph(screened)]
    if sessions:
        caption = Message("Sessions in which something was unusual")
        parts.append(table(caption, messages("What", "Sessions", "Ratings"), sessions))
    else:
        parts.append(paragraph(Message("Nothing was unusual.")))
    if refusals:
        rows = [[Message(REFUSED[name]), times] for name, times in refusals.items()]
        parts.append(table(Message("Not taken from listeners"), messages("What was sent", "Times"), rows))
    return "".join(parts)
