"""One prepared study, open to listeners: who may go on, and what is written down.

It keeps nothing of its own: where a session stands is worked out from the files at every request. It knows neither
HTTP nor a page; the page sends what a listener did and gets back a `View`, which holds nothing that tells one variant
from another.
"""

import base64
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening import refusals
from speecht5_demo.listening.answers import Answer, rating_row
from speecht5_demo.listening.append_only import AppendOnlyCsv
from speecht5_demo.listening.assignment import Trial, plan_session
from speecht5_demo.listening.clips import with_receipt
from speecht5_demo.listening.ledger import Ledger, SessionRecord
from speecht5_demo.listening.links import Arrival, read_link, words
from speecht5_demo.listening.listener_locks import ListenerLocks
from speecht5_demo.listening.listeners import MANY, MOST_SESSIONS, Listeners, SessionLimit, steady_clock
from speecht5_demo.listening.manifest import Manifest, clip_path
from speecht5_demo.listening.playback import Playback, least_s
from speecht5_demo.listening.rows import iso_utc, utc_now
from speecht5_demo.listening.session import Session
from speecht5_demo.listening.session_events import SessionEvent, SessionsWriter
from speecht5_demo.listening.tickets import Kind, Signer, Token
from speecht5_demo.listening.views import DEVICES, HEADPHONES, STEPS, RefusedError, View
from speecht5_demo.listening.writing import RatingsWriter

MOST_REFUSALS_KEPT = 1000
"""Lines a process writes down for one reason; beyond, it only counts, so that nobody can fill the disk."""


@dataclass
class ListeningTest:
    """One prepared study, open to listeners.

    Attributes:
        manifest: the study.
        study_folder: where its clips lie.
        ratings_folder: where ratings and sessions are written.
        secret: of this deployment.
        clock: seconds since 1970; a simulation gives its own.
        durable: whether every row is fsynced; only a simulation does without.
        writer: of this process' ratings; one of its own when None.
        link_secret: STUDY_LINK_SECRET, which participants' ids are signed with; empty where none are.
        most_sessions: how many one address may begin in an hour.
        refused: how often something was not taken, by reason, since this process began.
    """

    manifest: Manifest
    study_folder: Path
    ratings_folder: Path
    secret: bytes
    clock: Callable[[], float] = field(default_factory=steady_clock)
    durable: bool = True
    writer: RatingsWriter | None = None
    link_secret: str = ""
    most_sessions: int = MOST_SESSIONS
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._signer = Signer(self.secret, self.manifest.digest)
        self._ledger = Ledger(self.ratings_folder, self.manifest.study.id)
        self._ratings = self.writer or RatingsWriter(self.ratings_folder, self.durable)
        self._sessions = SessionsWriter(self.ratings_folder, self.durable)
        self._refusals = AppendOnlyCsv(self.ratings_folder, refusals.STEM, refusals.COLUMNS)
        self.plan = lru_cache(maxsize=4096)(lambda listener_id: plan_session(self.manifest, listener_id))
        self._locks = ListenerLocks(self.ratings_folder)
        self._begun = SessionLimit(self.most_sessions)
        self._listeners = Listeners(self._signer, self._ledger, self.plan, self.session_id)

    def enter(self, token: object, parameters: Mapping[str, object], visit: object = None) -> View:
        """Begin, or go on: with the browser's token, with the crowd platform's participant id, or afresh.

        Nothing is written down: a session starts with the consent.

        Args:
            visit: random text of the page's own; coming again with it before the consent is the same session.

        Raises:
            RefusedError: the link is not to be believed, or its session belongs to another browser.
        """
        arrival = self._arrival(parameters)
        if arrival.preview:
            return replace(self.view(self._listeners.newcomer("preview")), token="", preview=True)
        known = self.listener_of(token)
        if known and self._is_deleted(known):
            known = None  # nothing is left of it: this is somebody new
        if arrival.participant:
            listener_id = self._listeners.participant(arrival.participant, known)
            if listener_id is None:
                raise self._refusal(
                    "not-yours",
                    "This session was begun in another browser. Go on there, or open the link to go on that it shows.",
                )
        else:
            listener_id = known or self._listeners.newcomer(words(visit, 64) or str(uuid.uuid4()))
        self._ratings.settle()
        with self._locks.of(listener_id):
            self._note_end(listener_id)
        return self.view(listener_id)

    def answer(self, token: object, event: object, answers: Mapping[str, object], address: str = "") -> View:
        """Take the answer to a step, or the end of a break.

        Args:
            address: where it came from; kept in memory only, to bound how many sessions one place begins.
        """
        listener_id = self._listener(token)
        self._ratings.settle()
        with self._locks.of(listener_id):
            self._refuse_deleted(listener_id)
            step = self._session(listener_id).step
            if event != step or step not in (*STEPS, "break"):
                if event in (*STEPS, "break") and event in self._record(listener_id).events:
                    return self.view(listener_id)  # sent again after a lost connection: nothing to ask twice
                raise self._refusal("not-now", f"This session is at {step}; reload the page to go on.")
            columns = {}
            if step == "consent":
                columns = self._consented(listener_id, answers, address)
            if step == "about":
                columns["device"] = self._choice(answers.get("device"), DEVICES)
                columns["headphones"] = self._choice(answers.get("headphones"), HEADPHONES)
            if step == "headphone-check":
                columns["headphone_check"] = words(answers.get("result"), 20)
            try:
                self._note(listener_id, step, **columns)
            except RatingsError:
                if step == "consent":
                    self._begun.take_back(address)  # it is sent again until the disk takes it
                raise
        return self.view(listener_id)

    def rate(
        self,
        ticket: object,
        rating: object,
        heard: object,
        plays: object,
        response_s: object,
        receipts: object = None,
    ) -> View:
        """Write a rating down. When this returns, it is on the disk.

        Args:
            receipts: what came at the end of the trial's clips when they were fetched.

        Raises:
            RefusedError: the ticket is not ours or was used, the rating is off the scale or came sooner than the clips
                last; all are counted.
        """
        now = self.clock()
        opened = self._signer.open(ticket, Kind.TICKET)
        if opened is None:
            raise self._refusal("not-ours", "This page is from another study or was changed; reload it.")
        listener_id = opened.listener_id
        plan = self.plan(listener_id)
        if opened.trial >= len(plan):
            raise self._refusal("not-in-plan", "This session has no such trial; reload the page.")
        trial = plan[opened.trial]
        try:
            score = self.manifest.study.question_type.check(rating)
        except RatingsError as error:
            raise self._refusal("not-a-rating", str(error)) from error
        playback = Playback.from_page(heard, plays, response_s)
        session_id, fetched_s = self.session_id(listener_id), self._fetched_s(listener_id, trial, receipts)
        # Nobody hears a clip before it is there: the later of the page and its clips is when hearing could begin.
        begun_s = max(opened.issued_ms / 1000, fetched_s or 0.0)
        given = Answer(listener_id, session_id, trial, score, playback, begun_s, now, fetched_s is not None)
        self._ratings.settle()
        with self._locks.of(listener_id):
            self._refuse_deleted(listener_id)
            record = self._record(listener_id)
            if trial.number in record.rated:
                self._note_end(listener_id)
                raise self._refusal(
                    "already-rated", "This clip has its rating already; the first one counts."
                )
            if 0 <= now - given.begun_s < least_s(trial):
                raise self._refusal(
                    "not-heard",
                    f"This page takes {trial.audio_s:.1f} s to hear. Listen to the end, then answer.",
                )
            self._ratings.append(rating_row(self.manifest, given, record))
            self._note_end(listener_id)
        return self.view(listener_id)

    def listener_of(self, token: object) -> str | None:
        """Whose token this is, be it a session's or a ticket's."""
        for kind in (Kind.SESSION, Kind.TICKET):
            if opened := self._signer.open(token, kind):
                return opened.listener_id
        return None

    def view(self, listener_id: str) -> View:
        """Where this session stands."""
        study, session = self.manifest.study, self._session(listener_id)
        trial, coming = session.trial, session.next_trial
        number, of = session.place
        return View(
            token=self._signer.seal(Token(Kind.SESSION, listener_id)),
            step=session.step,
            done=len(session.plan) - len(session.left),
            total=len(session.plan),
            number=number,
            of=of,
            method=study.method,
            question=study.question,
            title=study.title,
            contact=study.contact,
            minutes=session.minutes,
            ticket=self._ticket(listener_id, trial) if trial else "",
            clips=self._addresses(listener_id, trial) if trial else (),
            upcoming=self._addresses(listener_id, coming) if coming else (),
            code=self._code(listener_id) if session.step == "end" else "",
        )

    def clip(self, name: object) -> tuple[bytes, str]:
        """The bytes of a clip by its address, which is another one for every listener and trial, and a receipt.

        The receipt stands at the end of the bytes and goes back with the rating: whichever server handed the clip out,
        it was fetched, to its end, and not before the time in it.
        """
        opened = self._signer.open(name, Kind.CLIP)
        plan = self.plan(opened.listener_id) if opened else ()
        if opened is None or opened.trial >= len(plan) or opened.clip >= len(plan[opened.trial].clips):
            raise self._refusal("not-ours", "There is no such clip; reload the page.")
        try:
            data = clip_path(self.study_folder, plan[opened.trial].clips[opened.clip]).read_bytes()
        except OSError as error:
            raise self._refusal(
                "gone", "This clip is no longer on the server. Tell who runs the study."
            ) from error
        receipt = self._signer.seal(replace(opened, kind=Kind.RECEIPT, issued_ms=int(self.clock() * 1000)))
        return with_receipt(data, receipt), receipt

    def close(self) -> None:
        """Release the files."""
        self._ratings.close()
        self._sessions.close()
        self._refusals.close()

    def _arrival(self, parameters: Mapping[str, object]) -> Arrival:
        study = self.manifest.study
        try:
            return read_link(parameters, study.id, self.link_secret, study.session.ids)
        except RefusedError as error:
            raise self._refusal(error.reason, str(error)) from error

    def _consented(self, listener_id: str, answers: Mapping[str, object], address: str) -> dict[str, str]:
        """What is kept of the link, now that the listener agreed."""
        parameters = answers.get("parameters")
        arrival = self._arrival(parameters if isinstance(parameters, Mapping) else {})
        if arrival.preview:
            raise self._refusal("preview", "This is a preview. Take the task on the platform first.")
        if (
            arrival.participant
            and self._listeners.participant(arrival.participant, listener_id) != listener_id
        ):
            raise self._refusal(
                "other-id", "This session began with another id. Open the link you were sent again."
            )
        begun = self._begun.begin(address)
        if begun is None:
            raise self._refusal(
                "busy", "Very many sessions were begun from this network. Try again in some minutes."
            )
        signed = ("yes" if arrival.signed else "no") if self.link_secret and arrival.participant else ""
        return {
            **arrival.columns,
            "language": words(answers.get("language"), 20),
            "id_signed": signed,
            "many_at_once": "yes" if begun > MANY else "",
        }

    def _fetched_s(self, listener_id: str, trial: Trial, receipts: object) -> float | None:
        """When the trial's clips were all there, in seconds since 1970; None where one was not fetched to its end."""
        given = receipts if isinstance(receipts, list) else []
        found: dict[tuple[str, int, int], int] = {}
        for one in filter(None, map(self._receipt, given[:4])):
            clip = (one.listener_id, one.trial, one.clip)
            found[clip] = min(one.issued_ms, found.get(clip, one.issued_ms))
        wanted = [(listener_id, trial.number, k) for k in range(len(trial.clips))]
        if not all(clip in found for clip in wanted):
            return None
        return max(found[clip] for clip in wanted) / 1000

    def _receipt(self, given: object) -> Token | None:
        return self._signer.open(given, Kind.RECEIPT)

    def _session(self, listener_id: str) -> Session:
        return Session(self.manifest.study, self.plan(listener_id), self._record(listener_id))

    def session_id(self, listener_id: str) -> str:
        """One session a listener and prepared study: coming back is going on."""
        return str(uuid.uuid5(uuid.UUID(listener_id), self.manifest.digest))

    def _is_deleted(self, listener_id: str) -> bool:
        return self._ledger.is_deleted(self.session_id(listener_id))

    def _refuse_deleted(self, listener_id: str) -> None:
        if self._is_deleted(listener_id):
            raise self._refusal(
                "deleted",
                "This session was deleted, and nothing of it is kept. To take part again, reload the page.",
            )

    def _note_end(self, listener_id: str) -> None:
        """Write the end down once everything is rated, also when a crash came between the last rating and this."""
        if self._session(listener_id).step == "end" and "end" not in self._record(listener_id).events:
            self._note(listener_id, "end", completion_code=self._code(listener_id))

    def _code(self, listener_id: str) -> str:
        own = self._signer.name("completion", listener_id)
        return self.manifest.study.session.completion_code or base64.b32encode(own[:5]).decode()

    def _ticket(self, listener_id: str, trial: Trial) -> str:
        issued = int(self.clock() * 1000)
        return self._signer.seal(Token(Kind.TICKET, listener_id, trial.number, 0, issued))

    def _addresses(self, listener_id: str, trial: Trial) -> tuple[str, ...]:
        numbers = range(len(trial.clips))
        return tuple(self._signer.seal(Token(Kind.CLIP, listener_id, trial.number, k)) for k in numbers)

    def _listener(self, token: object) -> str:
        opened = self._signer.open(token, Kind.SESSION)
        if opened is None:
            raise self._refusal("not-ours", "This page is from another study or was changed; reload it.")
        return opened.listener_id

    def _record(self, listener_id: str) -> SessionRecord:
        return self._ledger.session(self.session_id(listener_id))

    def _note(self, listener_id: str, event: str, **columns: str) -> None:
        self._sessions.append(
            SessionEvent(
                study_id=self.manifest.study.id,
                session_id=self.session_id(listener_id),
                listener_id=listener_id,
                at=datetime.fromtimestamp(self.clock(), UTC),
                event=event,
                **columns,  # type: ignore[arg-type]
            )
        )
        self._ratings.settle()

    def _choice(self, given: object, known: tuple[str, ...]) -> str:
        if given not in known:
            raise self._refusal("not-an-answer", f"Choose one of {', '.join(known)}.")
        return str(given)

    def _refusal(self, reason: str, message: str) -> RefusedError:
        self.refused[reason] += 1
        if self.refused[reason] <= MOST_REFUSALS_KEPT:
            with suppress(RatingsError):  # a full disk must not turn a refusal into a fault
                self._refusals.append((iso_utc(utc_now()), self.manifest.study.id, reason))
        return RefusedError(reason, message)
