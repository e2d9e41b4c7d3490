"""What a comparison came to, in a sentence a variant, made from its figures."""

from __future__ import annotations

from speecht5_demo.messages import Message, joined
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.figures import change, overlap
from speecht5_demo.ui.compare.pairs import votes_for
from speecht5_demo.ui.compare.runs import Run


def result_sentences(run: Run) -> list[str]:
    """One for each variant beside the baseline; none while figures are missing or where nothing is compared."""
    cards = {card.variant.name: card for card in run.made}
    baseline = run.baseline
    if baseline is None or not run.revealed or not run.over:
        return []
    return [
        Message(
            "{version}: {findings}.",
            version=variant.label,
            findings=joined(
                ", ", [*_findings(cards[variant.name], baseline), *_votes(run, cards[variant.name])]
            ),
        )
        for variant in run.plan.variants
        if variant.name in cards and cards[variant.name] is not baseline
    ]


def _findings(card: Card, baseline: Card) -> list[str]:
    found: list[str] = []
    if card.sizes is not None and baseline.sizes is not None:
        size = change(card.sizes.disk_bytes, baseline.sizes.disk_bytes, "{share} smaller", "{share} larger")
        found.append(Message("the same size") if size is None or not size["direction"] else size["text"])
    mine, base = card.sample.latency, baseline.sample.latency
    speed = change(mine.median, base.median, "{share} faster here", "{share} slower here")
    if speed is None or not speed["direction"] or overlap(mine.runs, base.runs) or len(mine.runs) < 2:
        found.append(Message("no clear change of speed here"))
    else:
        found.append(speed["text"])
    if card.rating is not None and baseline.rating is not None:
        apart = card.rating - baseline.rating
        if not apart:
            found.append(Message("you rated it the same"))
        elif apart > 0:
            found.append(Message("you rated it {points} higher", points=apart))
        else:
            found.append(Message("you rated it {points} lower", points=-apart))
    return found


def _votes(run: Run, card: Card) -> list[str]:
    """What was said of a version in pairs."""
    return [Message("in pairs: {votes}", votes=votes_for(run.trials, card))] if run.trials else []
