"""What a recogniser heard of a run, as its page may know it and as it is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from speecht5_demo.messages import Message, joined
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.heard_run import HeardRun
from speecht5_demo.ui.compare.runs import Run

if TYPE_CHECKING:
    from speecht5_demo.quality.hearing import Heard

NOTE = Message(
    "Heard by Whisper tiny.en, which mishears words of natural voices too. Both sides are written alike: numbers as "
    "digits, no punctuation. The opinions are predicted by networks, not given by listeners."
)


class HeardFigures(TypedDict):
    """What was heard of a sample, in the file that is taken away; None where nobody asked."""

    heard: str | None
    words_wrong: int | None
    words_said: int | None
    predicted_mos_dnsmos: float | None
    predicted_mos_distill: float | None


COLUMNS = tuple(HeardFigures.__annotations__)


def heard_view(run: Run) -> dict[str, object] | None:
    """What the page shows below the table; None while names are hidden, and where nothing can be heard."""
    heard = run.heard
    if heard is None or not run.revealed or not run.over or not run.cards:
        return None
    place = {variant.name: index for index, variant in enumerate(run.plan.variants)}
    cards = sorted(run.cards, key=lambda card: place[card.variant.name])
    known = [card for card in cards if card.index in heard.samples]
    return {
        "ticket": cards[0].ticket,
        "lacking": _advice(heard.lacking),
        "under_way": heard.under_way,
        "done": heard.phase == "done",
        "status": _status(heard, len(cards)),
        "problem": heard.problem,
        "progress": len(known) / len(cards),
        "samples": [_sample(card, heard.samples[card.index]) for card in known],
        "note": NOTE,
    }


def heard_row(run: Run, card: Card) -> HeardFigures:
    """The columns of a card in the file that is taken away; empty where nobody asked."""
    found = run.heard.samples.get(card.index) if run.heard is not None else None
    return {
        "heard": found.transcript if found else None,
        "words_wrong": found.wrong if found else None,
        "words_said": found.said if found else None,
        "predicted_mos_dnsmos": found.predicted_mos if found else None,
        "predicted_mos_distill": found.distilled_mos if found else None,
    }


def _advice(lacking: tuple[str, ...]) -> str:
    if not lacking:
        return ""
    names = ", ".join(lacking)
    if len(lacking) == 1:
        return Message(
            "This needs {names}, which is not installed here: run `make quality`, then start the app again.",
            names=names,
        )
    return Message(
        "This needs {names}, which are not installed here: run `make quality`, then start the app again.",
        names=names,
    )


def _status(heard: HeardRun, total: int) -> str:
    if heard.phase == "opening":
        return Message("Opening the recogniser. The first time takes a moment.")
    if heard.phase == "waiting":
        return Message("Whoever waits for a voice is served first.")
    if heard.phase == "hearing":
        return Message("{heard} of {total} samples heard.", heard=len(heard.samples), total=total)
    return ""


def _sample(card: Card, found: Heard) -> dict[str, object]:
    opinions = (("DNSMOS P.808", found.predicted_mos), ("Distill-MOS", found.distilled_mos))
    said = [f"{value:.1f} ({name})" for name, value in opinions if value is not None]
    wrong = {0: "no word of {said} wrong", 1: "1 word of {said} wrong"}.get(
        found.wrong, "{wrong} words of {said} wrong"
    )
    facts = [
        Message(wrong, said=found.said, wrong=f"{found.wrong:,}"),
        Message(found.remark),
        Message("predicted MOS {figures}", figures=", ".join(said)) if said else "",
    ]
    return {
        "letter": card.letter,
        "label": card.variant.label,
        "words": [{"text": word.text, "kind": word.kind, "said": word.said} for word in found.words],
        "facts": Message("{facts}.", facts=joined("; ", [fact for fact in facts if fact])),
    }
