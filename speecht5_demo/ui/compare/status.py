"""What the page says of where a run stands."""

from __future__ import annotations

from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.runs import Run

PREPARING = Message("Preparing the versions. The first time after a start takes a moment.")


def status(run: Run, revealed: bool, waiting: tuple[int, float]) -> str:
    """In a sentence; `waiting` is how many are served before it, and about how many seconds that takes."""
    ready, total = len(run.cards), len(run.order)
    if run.phase == "waiting":
        return _place(*waiting)
    if run.phase == "preparing":
        return PREPARING
    early = run.heard_early
    if run.phase == "speaking" and early and not run.plan.blind:
        return Message(
            "{version} can be heard while it is made. {ready} of {total} samples are ready.",
            version=early[-1].variant.label,
            ready=ready,
            total=total,
        )
    if run.speaking and run.phase != "stopped":
        return Message("{ready} of {total} samples are ready.", ready=ready, total=total)
    if run.phase == "stopped":
        return Message("Stopped: {ready} of {total} samples are complete.", ready=ready, total=total)
    if run.plan.blind and not revealed:
        return Message(
            "{task}: {rated} of {total} rated. Names and figures appear after the last one.",
            task=Message("Listen to both, then vote" if run.plan.pairs else "Listen, then rate"),
            rated=run.rated,
            total=run.to_rate,
        )
    if run.phase == "measuring":
        return Message(
            "All samples are ready; timing run {done} of {total}.",
            done=run.runs_done,
            total=run.plan.repeats * total,
        )
    if run.plan.blind:
        return Message("All rated. This is what you heard.")
    return Message("Done. Listen and compare." if run.plan.listenable else "Done.")


def share_note(run: Run) -> str:
    """What becomes of the link for whoever opens it."""
    if run.plan.word:
        return Message(
            "Whoever opens the link hears the same samples without their names, in an order of their own."
        )
    return Message("Whoever opens the link hears the same samples with their names.")


def _place(ahead: int, seconds_left: float) -> str:
    if not ahead:
        return Message("Your turn comes now.")
    wait_s = max(1, round(seconds_left))
    if ahead == 1:
        return Message("1 visitor is served before you; your turn comes in about {wait_s} s.", wait_s=wait_s)
    return Message(
        "{ahead} visitors are served before you; your turn comes in about {wait_s} s.",
        ahead=ahead,
        wait_s=wait_s,
    )


def time_left(run: Run) -> str:
    """About how long all samples that are left take; empty where that is not known."""
    making = run.making
    return "" if making is None else Message("About {left} s left.", left=f"{making[1]:.0f}")
