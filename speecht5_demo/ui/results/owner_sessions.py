"""The owner's list of sessions on the Results page: each set aside, taken back or deleted, after a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio
import gradio as gr

from speecht5_demo.errors import OutputError, RatingsError
from speecht5_demo.listening.decisions import DELETE, LONGEST_REASON, SET_ASIDE, TAKE_BACK
from speecht5_demo.listening.session_decisions import SessionDecisions
from speecht5_demo.messages import Message, drawn_for, told
from speecht5_demo.rendering.html_text import paragraph
from speecht5_demo.rendering.wording import counted
from speecht5_demo.ui.languages import Catalog, spoken_to
from speecht5_demo.ui.pressed import with_pressed_last
from speecht5_demo.ui.results.sessions_table import label_of, moment, name_of, sessions_table
from speecht5_demo.ui.results.view import alert, status

NOT_OWNER = Message("Only the owner can do this: enter the key first.")
QUESTIONS = {
    SET_ASIDE: "Set aside session {name} of {began} with {ratings}? Its rows stay, and the analysis leaves them out. "
    "It can be taken back.",
    TAKE_BACK: "Take back session {name} of {began} with {ratings}? The analysis counts it again.",
    DELETE: "Delete session {name} of {began} with {ratings}, and all that is kept of its listener? It cannot be taken "
    "back. Backups and files that were downloaded are not reached.",
}
ANSWERS = {
    SET_ASIDE: Message("Set aside."),
    TAKE_BACK: Message("Taken back."),
    DELETE: Message("Deleted."),
}
NOTHING = Message("Nothing was asked: choose a session and what is to be done.")
BUTTONS = {
    SET_ASIDE: "results-set-aside",
    TAKE_BACK: "results-take-back",
    DELETE: "results-delete",
}
QUESTION = "${value ? value.said : ''}"
HIDE = "{__type__: 'update', visible: false}"
NOTHING_ASKED = f"() => [null, {HIDE}]"
STILL_ASKED = f"""(question, session, reason) => question?.session === session && question.reason === (reason ?? '')
    ? [undefined, undefined] : [null, {HIDE}]"""


@dataclass(frozen=True)
class SessionsPanel:
    """The fields, in the order in which events give them.

    Attributes:
        listed: table of sessions.
        chosen: session that something is done with.
        reason: for setting it aside.
        actions: the buttons that ask.
        question: asked before; its value holds what is said and what a yes does, so that one never stands without the
            other.
        yes: sends back what the question holds.
        said: what came of it.
    """

    listed: gr.HTML
    chosen: gr.Dropdown
    reason: gr.Textbox
    actions: dict[str, gr.Button]
    question: gr.HTML
    yes: gr.Button
    said: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        """What every event sets."""
        return [self.listed, self.chosen, self.reason, self.question, self.yes, self.said]


def layout() -> SessionsPanel:
    """The fields; empty until the owner opens them."""
    listed = gr.HTML(apply_default_css=False, elem_id="results-sessions")
    chosen = gr.Dropdown([], label="Session", elem_id="results-session")
    reason = gr.Textbox(
        label="Reason, for setting it aside", max_length=LONGEST_REASON, elem_id="results-session-reason"
    )
    with gr.Row():
        actions = {
            SET_ASIDE: gr.Button("Set aside…", elem_id=BUTTONS[SET_ASIDE]),
            TAKE_BACK: gr.Button("Take back…", elem_id=BUTTONS[TAKE_BACK]),
            DELETE: gr.Button("Delete…", variant="stop", elem_id=BUTTONS[DELETE]),
        }
    question = gr.HTML(
        value=None,
        html_template=QUESTION,
        js_on_load=None,
        apply_default_css=False,
        elem_id="results-question",
    )
    yes = gr.Button("Yes", variant="primary", visible=False, elem_id="results-yes")
    said = gr.HTML(apply_default_css=False, elem_id="results-session-said")
    return SessionsPanel(listed, chosen, reason, actions, question, yes, said)


class OwnerSessions:
    """What the fields do, in the language of who reads.

    Args:
        decisions: of the sessions.
        place: what the store is called; empty where there is none.
    """

    def __init__(self, decisions: SessionDecisions, place: str = "") -> None:
        self._decisions = decisions
        self._place = place

    def shown(self, may: bool, said: str = "", reason: str | None = None) -> list[Any]:
        """The list for who may see it, with nothing asked.

        Args:
            may: see it.
            said: of what was done.
            reason: that the field gets; None leaves it as it is.
        """
        nothing = [gr.skip() if reason is None else reason, None, gr.Button(visible=False), said]
        if not may:
            return ["", gr.Dropdown(choices=[], value=None), *nothing]
        seen = self._decisions.seen()
        choices = [(told(label_of(one)), one.session_id) for one in seen]
        return [sessions_table(seen), gr.Dropdown(choices=choices, value=None), *nothing]

    def ask(self, pressed: object, chosen: object, reason: object) -> list[Any]:
        """The question before."""
        action = next((action for action, button in BUTTONS.items() if button == pressed), None)
        session = next((one for one in self._decisions.seen() if one.session_id == chosen), None)
        written = reason if isinstance(reason, str) else ""
        problem = ""
        if action is None:
            problem = NOTHING
        elif session is None:
            problem = Message("Choose a session first.")
        elif action == SET_ASIDE and not _kept(written):
            problem = Message("Say why the session is set aside: it stands beside its ratings.")
        elif action == TAKE_BACK and session.aside is None:
            problem = Message("This session is not set aside.")
        if problem or session is None or action is None:
            return [*[gr.skip()] * 3, None, gr.Button(visible=False), alert(problem)]
        question = Message(
            QUESTIONS[action],
            name=name_of(session),
            began=moment(session.began),
            ratings=counted(session.ratings, "rating"),
        )
        asked = {
            "said": paragraph(question),
            "action": action,
            "session": session.session_id,
            "reason": written,
        }
        return [*[gr.skip()] * 3, asked, gr.Button(visible=True), ""]

    def do(self, asked: object) -> list[Any]:
        """What a question says, if it can still be done."""
        action, session_id, reason = (
            (asked.get(each) for each in ("action", "session", "reason"))
            if isinstance(asked, dict)
            else (None,) * 3
        )
        if action not in QUESTIONS or not isinstance(session_id, str) or not isinstance(reason, str):
            return self.shown(True, alert(NOTHING))
        try:
            said = status(self._done(action, session_id, _kept(reason)))
        except (RatingsError, OutputError) as error:
            return self.shown(True, alert(str(error)))
        return self.shown(True, said, "" if action == SET_ASIDE else None)

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

    async def ask(
        given: object, pressed: object, chosen: object, reason: object, request: gr.Request
    ) -> list[Any]:
        with drawn_for(spoken_to(request)):
            if not is_owner(given, request):
                return sessions.shown(False, alert(NOT_OWNER))
            return await anyio.to_thread.run_sync(sessions.ask, pressed, chosen, reason)

    async def do(given: object, asked: object, request: gr.Request) -> list[Any]:
        catalog = spoken_to(request)
        with drawn_for(catalog):
            if not is_owner(given, request):
                return [*await pieces(False, catalog), *sessions.shown(False, alert(NOT_OWNER))]
            done = await anyio.to_thread.run_sync(sessions.do, asked)
        changed()
        return [*await pieces(True, catalog), *done]

    question, presses = panel.question, [button.click for button in panel.actions.values()]
    gr.on(
        [*presses, panel.chosen.change, panel.reason.change],
        None,
        None,
        [question, panel.yes],
        js=NOTHING_ASKED,
        **quiet,
    )
    # One event for all three, so that the last that was pressed is answered last. What was pressed takes the place of
    # the question; the fields may have changed by the time the answer comes.
    gr.on(
        presses,
        ask,
        [key, question, panel.chosen, panel.reason],
        panel.outputs,
        js=with_pressed_last(*BUTTONS.values()),
        trigger_mode="always_last",
        **quiet,
    ).then(
        None,
        [question, panel.chosen, panel.reason],
        [question, panel.yes],
        js=STILL_ASKED,
        **quiet,
    )
    panel.yes.click(do, [key, question], [*page, *panel.outputs], **quiet)
    return show


def _kept(reason: str) -> str:
    return reason.strip()[:LONGEST_REASON]
