"""Tables of scores and of differences, in the language of who reads."""

from __future__ import annotations

from collections.abc import Sequence

from speecht5_demo.listening.analysis.clustered import MeanDifference
from speecht5_demo.listening.analysis.interval import Interval, NotEnough
from speecht5_demo.listening.analysis.mos import Mos
from speecht5_demo.listening.analysis.paired import Comparison
from speecht5_demo.messages import Message, messages
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import Markup, escaped
from speecht5_demo.rendering.wording import spanned


def interval_text(found: Interval | NotEnough | None, digits: int = 2) -> str:
    """An interval as `3.57 to 3.73`, or why there is none."""
    if isinstance(found, Interval):
        return spanned(f"{found.low:.{digits}f}", f"{found.high:.{digits}f}")
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
    if found.mean == 0:
        return Message("{points:+.2f}, rated alike", points=found.mean)
    if found.mean > 0:
        return Message("{points:+.2f}, rated lower", points=found.mean)
    return Message("{points:+.2f}, rated higher", points=found.mean)


def mos_table(caption: str, scores: Sequence[Mos], group: str = "") -> str:
    """MOS with its intervals and what it rests on; `group` names the column that splits it."""
    head = [
        *([group] if group else []),
        *messages(
            "Variant",
            "MOS",
            "95 % interval",
            "always valid",
            "over listeners",
            "naive, too narrow",
            "ratings",
            "listeners",
            "sentences",
        ),
        "1 / 2 / 3 / 4 / 5",
    ]
    rows = [
        [
            *[Message(value) if column == "source" else value for column, value in one.group],
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
    head = messages(
        "Variant",
        "Verdict",
        "Baseline minus variant",
        "95 % interval",
        "always valid",
        "p",
        "p (Holm)",
        "p (Wilcoxon)",
        "pairs",
    )
    rows = []
    for one in comparisons:
        found = one.difference
        rows.append(
            [
                one.variant,
                badge(one.verdict, one.text),
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


def badge(verdict: str, why: str) -> Markup:
    """A verdict in a word, coloured by which it is, and why."""
    return Markup(
        f'<span class="verdict {verdict.replace(" ", "-")}">{escaped(Message(verdict))}</span> '
        f'<span class="why">{escaped(why)}</span>'
    )
