"""The parts of a report on ratings, each a piece of HTML that the page and the printed report share."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from speecht5_demo.listening.analysis.analysis import Analysis, View
from speecht5_demo.listening.analysis.cleaning import REASONS
from speecht5_demo.listening.analysis.clustered import MeanDifference
from speecht5_demo.listening.analysis.interval import Interval, NotEnough
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.analysis.paired import Comparison
from speecht5_demo.listening.analysis.pairs import Preference
from speecht5_demo.listening.analysis.screening import RULES
from speecht5_demo.listening.methods import ACR, METHODS
from speecht5_demo.listening.playback import FLAGS
from speecht5_demo.listening.refusals import REASONS as REFUSED
from speecht5_demo.rendering.html_table import Markup, table
from speecht5_demo.rendering.wording import counted
from speecht5_demo.report.charts import difference_chart, distribution_chart, has_grades, score_chart
from speecht5_demo.report.methods import methods

FILE_PROBLEMS = {
    "torn-line": "a last line without its end: the writer died while writing it",
    "broken-line": "another number of cells than the header",
    "duplicate": "the same rating again; the first counts",
    "corrected": "a rating that its listener corrected; the correction counts",
    "copied-row": "a row of a copy of another file",
    "unreadable": "a file that cannot be read",
}


def interval_text(found: Interval | NotEnough | None, digits: int = 2) -> str:
    """An interval as `3.57 to 3.73`, or why there is none."""
    if isinstance(found, Interval):
        return f"{found.low:.{digits}f} to {found.high:.{digits}f}"
    return found.reason if isinstance(found, NotEnough) else "–"


def p_text(p: float | None) -> str:
    """A p-value as it is printed."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def difference_text(found: MeanDifference | None) -> str | None:
    """Baseline minus variant, and in words which way that goes; None without pairs."""
    if found is None:
        return None
    return (
        f"{found.mean:+.2f}, rated {'lower' if found.mean > 0 else 'higher' if found.mean < 0 else 'alike'}"
    )


def headline_sentence(analysis: Analysis) -> str:
    """What the ratings are, in one sentence."""
    found = analysis.collected
    if not found.counted:
        return "No blind rating has been given yet."
    kind = (
        "blind rating{} of the listening test" if analysis.source == "study" else "casual blind rating{}"
    ).format("" if found.counted == 1 else "s")
    conditions = ", ".join(found.conditions)
    text = (
        f"{found.counted:,} {kind} by {counted(found.listeners, 'listener')}; heard together: {conditions}. "
        "A MOS is relative to these conditions."
    )
    return "Simulated listeners, for trying things out: not evidence. " + text if found.simulated else text


def mos_table(caption: str, scores: Sequence[Mos], group: str = "") -> str:
    """MOS with its intervals and what it rests on; `group` names the column that splits it."""
    head = [
        *([group] if group else []),
        "Variant",
        "MOS",
        "95 % interval",
        "always valid",
        "over listeners",
        "naive, too narrow",
        "ratings",
        "listeners",
        "sentences",
        "1 / 2 / 3 / 4 / 5",
    ]
    rows = [
        [
            *[value for _, value in one.group],
            one.variant,
            f"{one.mos:.2f}",
            interval_text(one.ci95),
            interval_text(one.ci95_anytime),
            interval_text(one.ci95_listener),
            interval_text(one.ci95_naive),
            one.n_ratings,
            one.n_listeners,
            one.n_sentences,
            " / ".join(map(str, one.counts)),
        ]
        for one in scores
    ]
    return table(caption, head, rows, numbers=2 if group else 1)


def comparison_table(caption: str, comparisons: Sequence[Comparison]) -> str:
    """Differences with their verdicts."""
    head = [
        "Variant",
        "Verdict",
        "Baseline minus variant",
        "95 % interval",
        "always valid",
        "p",
        "p (Holm)",
        "p (Wilcoxon)",
        "pairs",
    ]
    rows = []
    for one in comparisons:
        found = one.difference
        badge = Markup(
            f'<span class="verdict {one.verdict.replace(" ", "-")}">{one.verdict}</span> '
            f'<span class="why">{html.escape(one.text)}</span>'
        )
        rows.append(
            [
                one.variant,
                badge,
                difference_text(found),
                interval_text(found.interval) if found else None,
                interval_text(one.anytime),
                p_text(found.p) if found else None,
                p_text(one.p_holm),
                p_text(one.wilcoxon_p),
                found.n if found else 0,
            ]
        )
    return table(caption, head, rows, numbers=2)


def scores_piece(name: str, view: View, scale: tuple[float, float] = (ACR.low, ACR.high)) -> str:
    """Chart and table of the scores of a view, on their scale."""
    if not view.variants:
        return "<p>No counted ratings.</p>"
    drawn = score_chart(f"{name}-mos", view.variants, scale)
    drawn += (
        '<p class="key">Thick: 95 % interval, listeners and sentences both sampled. '
        "Thin, below it: valid at every look, for these sentences.</p>"
        if drawn
        else "<p>Too few ratings for a chart or an interval; the table says what there is.</p>"
    )
    return drawn + mos_table("Mean opinion scores", view.variants)


def differences_piece(name: str, view: View, margin: float) -> str:
    """Chart and table of the differences of a view."""
    if not view.comparisons:
        return "<p>Nothing to compare: ratings of the baseline and of another variant are needed.</p>"
    chart = difference_chart(f"{name}-diff", view.comparisons, margin)
    return chart + comparison_table("Differences to the baseline", view.comparisons)


def distribution_piece(name: str, view: View, scale: tuple[float, float] = (ACR.low, ACR.high)) -> str:
    """Chart of the grades; its numbers are in the last column of the score table. Another scale has no grades."""
    return distribution_chart(f"{name}-dist", view.variants) if has_grades(scale) else ""


def noise_floor_piece(analysis: Analysis) -> str:
    """Baseline against itself."""
    found = analysis.noise_floor.difference
    if found is None or analysis.noise_floor.mean_absolute is None:
        return "<p>Noise floor: no listener has rated the baseline and its repeat with another seed yet.</p>"
    return (
        f"<p>Noise floor: {html.escape(analysis.settings.baseline)} against itself with another seed differs by "
        f"{found.mean:+.2f} points (95 % interval {html.escape(interval_text(found.interval))}; "
        f"{counted(found.n, 'pair')}, {counted(found.n_listeners, 'listener')}); a single listener's two ratings of "
        f"it lie {analysis.noise_floor.mean_absolute:.2f} points apart on average.</p>"
    )


def casual_preference_piece(analysis: Analysis) -> str:
    """Votes on pairs from the Compare page, kept apart from a study's."""
    tables = preference_piece(analysis.casual_preferences)
    return f"<h2>Votes by pairs on the Compare page</h2>{tables}" if tables else ""


def preference_piece(preferences: Sequence[Preference]) -> str:
    """Direct comparisons, one table for each question type that asks for them."""
    parts = []
    for method in METHODS.values():
        rows = [
            [one.variant, f"{one.difference.mean:+.2f}", interval_text(one.difference.interval),
             p_text(one.difference.p), one.better, one.same, one.worse, one.difference.n_listeners]
            for one in preferences if one.method == method.name
        ]  # fmt: skip
        if rows and (words := method.table):
            head = [
                "Variant",
                words.unit,
                "95 % interval",
                "p",
                words.better,
                words.same,
                words.worse,
                "listeners",
            ]
            parts.append(table(words.caption, head, rows))
    return "".join(parts)


def excluded_piece(analysis: Analysis) -> str:
    """Rows that do not count, by reason, and flags."""
    known = {**REASONS, **FILE_PROBLEMS}
    rows = [[name, known.get(name, ""), n] for name, n in sorted(analysis.excluded.items())]
    parts = [table("Rows that do not count", ["Reason", "Meaning", "Rows"], rows)]
    if analysis.flagged:
        flags = [[name, n] for name, n in analysis.flagged.items()]
        parts.append(table("Flags on rows; a flag alone takes nothing out", ["Flag", "Rows"], flags))
    if analysis.problems:
        items = "".join(f"<li>{html.escape(message)}</li>" for message in analysis.problems[:20])
        parts.append(f"<ul>{items}</ul>")
    return "".join(parts)


def screening_piece(analysis: Analysis, name_listeners: bool) -> str:
    """Which sessions screening takes out and why, and the tables without them.

    Args:
        name_listeners: whether sessions are listed by id; only the study's owner should see them.
    """
    screening = analysis.screening
    rows = [[rule, RULES[rule], n] for rule, n in screening.removed_by_rule.items()]
    parts = [
        table(
            "Rules that the data can be checked by", ["Rule", "A session is taken out when", "Sessions"], rows
        )
    ]
    if name_listeners and screening.removed:
        head = ["Session", "Listener", "Why", "Ratings"]
        sessions = [
            [one.session, one.listener, "; ".join(RULES[reason] for reason in one.reasons), one.ratings]
            for one in screening.removed[:200]
        ]
        parts.append(table(f"Sessions taken out: {len(screening.removed)}", head, sessions))
    parts.append(mos_table("Scores after screening", analysis.screened.variants))
    parts.append(comparison_table("Differences after screening", analysis.screened.comparisons))
    return "".join(parts)


def suspicion_piece(analysis: Analysis, refusals: Mapping[str, int]) -> str:
    """What was unusual about sessions, and what was not taken from any; for the study's owner.

    Args:
        refusals: how often something was not taken, by reason.
    """
    sessions = [
        [meaning, analysis.flagged_sessions[name], analysis.flagged[name]]
        for name, meaning in FLAGS.items()
        if analysis.flagged.get(name)
    ]
    screened = counted(len(analysis.screening.removed), "session")
    parts = [
        f"<h2>Suspicious sessions</h2><p>All are kept; {screened} left out of the scores after screening.</p>",
        table("Sessions in which something was unusual", ["What", "Sessions", "Ratings"], sessions)
        if sessions
        else "<p>Nothing was unusual.</p>",
    ]
    if refusals:
        rows = [[REFUSED[name], times] for name, times in refusals.items()]
        parts.append(table("Not taken from listeners", ["What was sent", "Times"], rows))
    return "".join(parts)


def sensitivity_piece(analysis: Analysis) -> str:
    """The same questions under other treatments, in one small table."""
    views = [
        ("all valid ratings", analysis.headline),
        ("after screening", analysis.screened),
        ("listener bias subtracted (P.913)", analysis.without_bias),
        (
            f"without {counted(len(analysis.rejected), 'listener')} rejected by BT.500",
            analysis.without_rejected,
        ),
    ]
    rows = []
    for title, view in views:
        for one in view.comparisons:
            found = one.difference
            rows.append(
                [
                    title,
                    one.variant,
                    difference_text(found),
                    interval_text(found.interval if found else None),
                    one.verdict,
                ]
            )
    return table(
        "Does the treatment of listeners change the answer?",
        ["Treatment", "Variant", "Baseline minus variant", "95 % interval", "Verdict"],
        rows,
        numbers=2,
    )


def order_piece(analysis: Analysis) -> str:
    """Effects of the place in the session."""
    rows = [
        [one.name, one.meaning, f"{one.value:+.3f}" if one.value is not None else None,
         interval_text(one.ci95, 3), p_text(one.p), one.n_listeners]
        for one in analysis.order
    ]  # fmt: skip
    head = ["Effect", "Meaning", "Estimate", "95 % interval", "p", "Listeners"]
    return table("Order and learning", head, rows)


def methods_piece(analysis: Analysis) -> str:
    """The methods text."""
    parts = []
    for one in methods(analysis):
        formula = f"<pre>{html.escape(one.formula)}</pre>" if one.formula else ""
        sources = f'<p class="key">Sources: {html.escape("; ".join(one.sources))}</p>' if one.sources else ""
        parts.append(f"<h3>{html.escape(one.title)}</h3><p>{html.escape(one.text)}</p>{formula}{sources}")
    return "".join(parts)
