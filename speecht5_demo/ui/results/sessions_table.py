"""How sessions are called and listed on the Results page."""

from __future__ import annotations

from speecht5_demo.listening.session_decisions import SeenSession
from speecht5_demo.messages import Message, joined, messages
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import framed, paragraph
from speecht5_demo.rendering.wording import counted

MOST_LISTED = 200


def label_of(one: SeenSession) -> str:
    """As the menu names it."""
    ratings = counted(one.ratings, "rating")
    state = joined(", ", [ratings, Message("set aside")]) if one.aside else ratings
    return joined(" · ", [moment(one.began), state, name_of(one)])


def name_of(one: SeenSession) -> str:
    """The short id that it is known by on the page."""
    return one.session_id[:8]


def moment(written: str) -> str:
    """A time in UTC, to the minute."""
    return written[:16].replace("T", " ") if written else Message("an unknown time")


def sessions_table(seen: list[SeenSession]) -> str:
    """The table of sessions, the latest first."""
    if not seen:
        return paragraph(Message("No session was seen yet."))
    rows = [
        [
            moment(one.began), name_of(one), Message(one.source), one.ratings,
            Message("yes") if one.ended else Message("no"),
            joined(" / ", [Message(each) for each in (one.device, one.headphones) if each]), one.participant, one.code,
            ", ".join(f"{name} {n}" for name, n in one.flags),
            Message("set aside {when}: {why}", when=moment(one.aside.at), why=one.aside.reason)
            if one.aside else Message("counts"),
        ]
        for one in seen[:MOST_LISTED]
    ]  # fmt: skip
    head = messages(
        "Began (UTC)",
        "Session",
        "Of",
        "Ratings",
        "Ended",
        "Heard with",
        "Participant",
        "Code",
        "Flags",
        "State",
    )
    more = ""
    if len(seen) > MOST_LISTED:
        more = paragraph(
            Message(
                "The latest {most} of {all}; every one can be chosen below.", most=MOST_LISTED, all=len(seen)
            )
        )
    return framed(table(Message("Sessions"), head, rows) + more)
