"""The owner's list of sessions on the Results page: each set aside, taken back or deleted, after a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio
import gradio as gr

from speecht5_demo.errors import OutputError, RatingsError
from speecht5_demo.listening.decisions import DELETE, LONGEST_REASON, SET_ASIDE, TAKE_BACK
from speecht5_demo.listening.session_decisions import SeenSession, SessionDecisions
from speecht5_demo.messages import Message, drawn_for, joined, messages, told
from speecht5_demo.rendering.html_table import table
from speecht5_demo.rendering.html_text import framed, paragraph
from speecht5_demo.rendering.wording import counted
from speecht5_demo.ui.languages import Catalog, spoken_to
from speecht5_demo.ui.results.view import alert, status

MOST_LISTED = 200
NOT_OWNER = Message("Only the owner can do this: enter the key first.")
QUESTIONS = {
    SET_ASIDE: "Set aside the session of {began} with {ratings}? Its rows stay, and the analysis leaves them out. "
    "It can be taken back.",
    TAKE_BACK: "Take back the session of {began} with {ratings}? The analysis counts it again.",
    DELETE: "Delete the session of {began} with {ratings}, and all that is kept of its listener? It cannot be taken "
    "back. Backups and files that were downloaded are not reached.",
}
ANSWERS = {
    SET_ASIDE: Message("Set aside."),
    TAKE_BACK: Message("Taken back."),
    DELETE: Message("Deleted."),
}


@dataclass(frozen=True)
class SessionsPanel:
    """The fields, in the order in which events give them.

    Attributes:
        listed: table of sessions.
        chosen: session that something is done with.
        reason: for setting it aside.
        question: asked before.
        yes: the answer that does it.
        asked: what was asked, until it is answered.
        said: what came of it.
    """

    listed: gr.HTML
    chosen: gr.Dropdown
    reason: gr.Textbox
    actions: dict[str, gr.Button]
    question: gr.HTML
    yes: gr.Button
    asked: gr.State
    said: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        """What every event sets."""
        return [self.listed, self.chosen, self.question, self.yes, self.asked, self.said]


def layout() -> SessionsPanel:
    """The fields; empty until the owner opens them."""
    listed = gr.HTML(apply_default_css=False, elem_id="results-sessions")
    chosen = gr.Dropdown([], label="Session", elem_id="results-session")
    reason = gr.Textbox(
        label="Reason, for setting it aside", max_length=LONGEST_REASON, elem_id="results-session-reason"
    )
    with gr.Row():
        actions = {
            SET_ASIDE: gr.Button("Set aside…", elem_id="results-set-aside"),
            TAKE_BACK: gr.Button("Take back…", elem_id="results-take-back"),
            DELETE: gr.Button("Delete…", variant="stop", elem_id="results-delete"),
        }
    question = gr.HTML(apply_default_css=False, elem_id="results-question")
    yes = gr.Button("Yes", variant="primary", visible=False, elem_id="results-yes")
    said = gr.HTML(apply_default_css=False, elem_id="results-session-said")
    return SessionsPanel(listed, chosen, reason, actions, question, yes, gr.State(None), said)


class OwnerSessions:
    """What the fields do, in the language of who reads.

    Args:
        decisions: of the sessions.
        place: what the store is called; empty where there is none.
    """

    def __init__(self, decisions: SessionDecisions, place: str = "") -> None:
        self._decisions = decisions
        self._place = place

    def shown(self, may: bool, said: str = "") -> list[Any]:
        """The list for who may see it, with nothing asked."""
        if not may:
            return ["", gr.Dropdown(choices=[], value=None), "", gr.Button(visible=False), None, said]
        seen = self._decisions.seen()
        choices = [(told(_label(one)), one.session_id) for one in seen]
        return [
            _listed(seen), gr.Dropdown(choices=choices, value=None), "", gr.Button(visible=False), None, said,
        ]  # fmt: skip

    def ask(self, action: str, chosen: object, reason: object) -> list[Any]:
        """The question before."""
        seen = self._decisions.seen()
        session = next((one for one in seen if one.session_id == chosen), None)
        why = reason.strip()[:LONGEST_REASON] if isinstance(reason, str) else ""
        problem = ""
        if session is None:
            problem = Message("Choose a session first.")
        elif action == SET_ASIDE and not why:
            problem = Message("Say why the session is set aside: it stands beside its ratings.")
        elif action == TAKE_BACK and session.aside is None:
            problem = Message("This session is not set aside.")
        if problem or session is None:
            return [gr.skip(), gr.skip(), "", gr.Button(visible=False), None, alert(problem)]
        question = Message(
            QUESTIONS[action], began=_moment(session.began), ratings=counted(session.ratings, "rating")
        )
        return [
            gr.skip(), gr.skip(), paragraph(question), gr.Button(visible=True),
            (action, session.session_id, why), "",
        ]  # fmt: skip

    def do(self, asked: object) -> list[Any]:
        """What was asked, once."""
        if not (isinstance(asked, tuple | list) and len(asked) == 3):
            nothing = Message("Nothing was asked: choose a session and what is to be done.")
            return self.shown(True, alert(nothing))
        action, session_id, reason = map(str, asked)
        try:
            said = status(self._done(action, session_id, reason))
        except (RatingsError, OutputError) as error:
            said = alert(str(error))
        return self.shown(True, said)

    def _done(self, action: str, session_id: str, reason: str) -> str:
        if action == SET_ASIDE:
            self._decisions.set_aside(session_id, reason)
        elif action == TAKE_BACK:
            self._decisions.take_back(session_id)
        elif not self._decisions.delete(session_id):
            place = told(self._place)
            return Message(
                "Deleted here. {place} does not answer at present; it is asked again until nothing is left there "
                "either.",
                place=place[:1].upper() + place[1:],
            )
        return ANSWERS[action]


def connect(
    panel: SessionsPanel,
    sessions: OwnerSessions,
    key: gr.Textbox,
    is_owner: Callable[[object, gr.Request], bool],
    pieces: Callable[[bool, Catalog], Awaitable[list[Any]]],
    changed: Callable[[], None],
    page: list[Any],
    quiet: dict[str, Any],
) -> Callable[[object, gr.Request], Awaitable[list[Any]]]:
    """Let the buttons act; every event checks who asks.

    Args:
        is_owner: whether who asks holds the key or signed in.
        pieces: of the page, drawn again after a change.
        changed: called after a change.
        page: outputs that `pieces` fills.
        quiet: settings of the events.

    Returns:
        What fills the fields when the owner comes.
    """

    async def show(given: object, request: gr.Request) -> list[Any]:
        with drawn_for(spoken_to(request)):
            return await anyio.to_thread.run_sync(sessions.shown, is_owner(given, request))

    def asker(action: str) -> Callable[..., Any]:
        async def ask(given: object, chosen: object, reason: object, request: gr.Request) -> list[Any]:
            with drawn_for(spoken_to(request)):
                if not is_owner(given, request):
                    return sessions.shown(False, alert(NOT_OWNER))
                return await anyio.to_thread.run_sync(sessions.ask, action, chosen, reason)

        return ask

    async def do(given: object, asked: object, request: gr.Request) -> list[Any]:
        catalog = spoken_to(request)
        with drawn_for(catalog):
            if not is_owner(given, request):
                return [*await pieces(False, catalog), *sessions.shown(False, alert(NOT_OWNER))]
            done = await anyio.to_thread.run_sync(sessions.do, asked)
        changed()
        return [*await pieces(True, catalog), *done]

    for action, button in panel.actions.items():
        button.click(asker(action), [key, panel.chosen, panel.reason], panel.outputs, **quiet)
    panel.yes.click(do, [key, panel.asked], [*page, *panel.outputs], **quiet)
    return show


def _label(one: SeenSession) -> str:
    ratings = counted(one.ratings, "rating")
    state = joined(", ", [ratings, Message("set aside")]) if one.aside else ratings
    return joined(" · ", [_moment(one.began), state, one.session_id[:8]])


def _moment(written: str) -> str:
    return written[:16].replace("T", " ") if written else Message("an unknown time")


def _listed(seen: list[SeenSession]) -> str:
    if not seen:
        return paragraph(Message("No session was seen yet."))
    rows = [
        [
            _moment(one.began), one.session_id[:8], Message(one.source), one.ratings,
            Message("yes") if one.ended else Message("no"),
            joined(" / ", [Message(each) for each in (one.device, one.headphones) if each]), one.participant, one.code,
            ", ".join(f"{name} {n}" for name, n in one.flags),
            Message("set aside {when}: {why}", when=_moment(one.aside.at), why=one.aside.reason)
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
