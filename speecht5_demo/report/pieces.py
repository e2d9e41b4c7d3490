"""The parts of a report on ratings, each a piece of HTML that the page and the printed report share."""

from __future__ import annotations

from collections.abc import Sequence

from speecht5_demo.listening.analysis.analysis import Analysis, Settings, View
from speecht5_demo.listening.analysis.pairs import Preference
from speecht5_demo.listening.methods import METHODS
from speecht5_demo.messages import Message, messages, reader
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import escaped, heading, in_english, paragraph
from speecht5_demo.rendering.wording import counted, of_count
from speecht5_demo.report.charts import difference_chart, distribution_chart, score_chart
from speecht5_demo.report.methods import methods
from speecht5_demo.report.tables import comparison_table, difference_text, interval_text, mos_table, p_text


def headline_sentence(analysis: Analysis) -> str:
    """What the ratings are, in one sentence."""
    found = analysis.collected
    if not found.counted:
        return Message("No blind rating has been given yet.")
    if analysis.source == "study":
        ratings = of_count(
            found.counted, "1 blind rating of the listening test", "{n} blind ratings of the listening test"
        )
    else:
        ratings = of_count(found.counted, "1 casual blind rating", "{n} casual blind ratings")
    text = Message(
        "{ratings} by {listeners}; heard together: {conditions}. A MOS is relative to these conditions.",
        ratings=ratings,
        listeners=counted(found.listeners, "listener"),
        conditions=", ".join(found.conditions),
    )
    if found.simulated:
        return Message("Simulated listeners, for trying things out: not evidence. {ratings}", ratings=text)
    return text


def scores_piece(name: str, view: View, settings: Settings) -> str:
    """Chart and table of the scores of a view, on the scale of its question type."""
    if not view.variants:
        return paragraph(Message("No counted ratings."))
    drawn = score_chart(f"{name}-mos", view.variants, settings.scale, settings.graded)
    if drawn:
        key = Message(
            "Thick: 95 % interval, listeners and sentences both sampled. Thin, below it: valid at every look, for "
            "these sentences."
        )
        drawn += paragraph(key, "key")
    else:
        few = Message("Too few ratings for a chart or an interval; the table says what there is.")
        drawn = paragraph(few)
    return drawn + mos_table(Message("Mean opinion scores"), view.variants)


def differences_piece(name: str, view: View, margin: float) -> str:
    """Chart and table of the differences of a view."""
    if not view.comparisons:
        return paragraph(
            Message("Nothing to compare: ratings of the baseline and of another variant are needed.")
        )
    chart = difference_chart(f"{name}-diff", view.comparisons, margin)
    return chart + comparison_table(Message("Differences to the baseline"), view.comparisons)


def distribution_piece(name: str, view: View, settings: Settings) -> str:
    """Chart of the grades; its numbers are in the last column of the score table. Another question type has none."""
    return distribution_chart(f"{name}-dist", view.variants) if settings.graded else ""


def noise_floor_piece(analysis: Analysis) -> str:
    """Baseline against itself."""
    found = analysis.noise_floor.difference
    if found is None or analysis.noise_floor.mean_absolute is None:
        return paragraph(
            Message("Noise floor: no listener has rated the baseline and its repeat with another seed yet.")
        )
    return paragraph(
        Message(
            "Noise floor: {baseline} against itself with another seed differs by {mean:+.2f} points (95 % interval "
            "{interval}; {pairs}, {listeners}); a single listener's two ratings of it lie {apart:.2f} points apart on "
            "average.",
            baseline=analysis.settings.baseline,
            mean=found.mean,
            interval=interval_text(found.interval),
            pairs=counted(found.n, "pair"),
            listeners=counted(found.n_listeners, "listener"),
            apart=analysis.noise_floor.mean_absolute,
        ),
        quote=False,
    )


def casual_preference_piece(analysis: Analysis) -> str:
    """Votes on pairs from the Compare page, kept apart from a study's."""
    tables = preference_piece(analysis.casual_preferences)
    return heading(Message("Votes by pairs on the Compare page")) + tables if tables else ""


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
                *messages("Variant", words.unit, "95 % interval", "p"),
                *messages(words.better, words.same, words.worse, "listeners"),
            ]
            parts.append(table(Message(words.caption), head, rows))
    return "".join(parts)


def sensitivity_piece(analysis: Analysis) -> str:
    """The same questions under other treatments, in one small table."""
    views = [
        (Message("all valid ratings"), analysis.headline),
        (Message("after screening"), analysis.screened),
        (Message("listener bias subtracted (P.913)"), analysis.without_bias),
        (
            Message(
                "without {listeners} rejected by BT.500",
                listeners=counted(len(analysis.rejected), "listener"),
            ),
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
                    Message(one.verdict),
                ]
            )
    return table(
        Message("Does the treatment of listeners change the answer?"),
        messages("Treatment", "Variant", "Baseline minus variant", "95 % interval", "Verdict"),
        rows,
        numbers=2,
    )


def order_piece(analysis: Analysis) -> str:
    """Effects of the place in the session."""
    rows = [
        [Message(one.name), Message(one.meaning), f"{one.value:+.3f}" if one.value is not None else None,
         interval_text(one.ci95, 3), p_text(one.p), one.n_listeners]
        for one in analysis.order
    ]  # fmt: skip
    head = messages("Effect", "Meaning", "Estimate", "95 % interval", "p", "Listeners")
    return table(Message("Order and learning"), head, rows)


def methods_piece(analysis: Analysis, level: int = 3) -> str:
    """The methods text under headings of a level; formulas are written from the left in every language."""
    parts: list[str] = []
    side = ' dir="ltr"' if reader() else ""
    for one in methods(analysis):
        parts += [heading(one.title, level), paragraph(one.text)]
        if one.formula:
            parts.append(f"<pre{side}>{escaped(one.formula)}</pre>")
        if one.sources:
            named = in_english("; ".join(one.sources))
            parts.append(paragraph(Message("Sources: {sources}", sources=named), "key"))
    return "".join(parts)
