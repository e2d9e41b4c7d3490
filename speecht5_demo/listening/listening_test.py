"""One prepared study, open to listeners: who may go on, and what is written down.

It keeps nothing of its own: where a session stands is worked out from the files at every request. It knows neither
HTTP nor a page; the page sends what a listener did and gets back a `View`, which holds nothing that tells one variant
from another.
"""

import base64
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.answers import Answer, rating_row
from speecht5_demo.listening.append_only import AppendOnlyCsv
from speecht5_demo.listening.assignment import Trial, plan_session
from speecht5_demo.listening.balance import CANDIDATES, Balance
from speecht5_demo.listening.ledger import Ledger, SessionRecord
from speecht5_demo.listening.manifest import Manifest, clip_path
from speecht5_demo.listening.playback import Playback
from speecht5_demo.listening.rows import iso_utc, utc_now
from speecht5_demo.listening.session import Session
from speecht5_demo.listening.session_events import SessionEvent, SessionsWriter
from speecht5_demo.listening.tickets import Kind, Signer, Token
from speecht5_demo.listening.views import (
    DEVICES,
    HEADPHONES,
    LONGEST_PARAMETER,
    PLATFORM_PARAMETERS,
    STEPS,
    RefusedError,
    View,
)
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
        refused: how often something was not taken, by reason, since this process began.
    """

    manifest: Manifest
    study_folder: Path
    ratings_folder: Path
    secret: bytes
    clock: Callable[[], float] = time.time
    durable: bool = True
    writer: RatingsWriter | None = None
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._signer = Signer(self.secret, self.manifest.digest)
        self._ledger = Ledger(self.ratings_folder, self.manifest.study.id)
        self._ratings = self.writer or RatingsWriter(self.ratings_folder, self.durable)
        self._sessions = SessionsWriter(self.ratings_folder, self.durable)
        self._refusals = AppendOnlyCsv(self.ratings_folder, "refusals", ("at", "study_id", "reason"))
        self._balance, self._balanced, self._balancing = Balance(), set[str](), threading.Lock()
        self._one_at_a_time = [threading.Lock() for _ in range(256)]
        self.plan = lru_cache(maxsize=4096)(lambda listener_id: plan_session(self.manifest, listener_id))

    def enter(
        self, token: object, parameters: Mapping[str, str], language: str, visit: object = None
    ) -> View:
        """Begin, or go on: with the browser's token, with the crowd platform's participant id, or afresh.

        What a platform passes in the link is not written down before the listener has agreed to it.

        Args:
            visit: random text of the page's own; sending it again after a lost answer begins nothing twice.
        """
        known = self._signer.open(token, Kind.SESSION)
        if participant := _parameter(parameters, PLATFORM_PARAMETERS["platform_participant"]):
            listener_id = self._listener_for("participant", participant)
        elif known:
            listener_id = known.listener_id
        else:
            listener_id = self._listener_for("visit", _words(visit, 64) or str(uuid.uuid4()))
        with self._turn(listener_id):
            if "start" not in self._record(listener_id).events:
                self._note(listener_id, "start", language=_words(language, 20))
            self._note_end(listener_id)
        return self.view(listener_id)

    def answer(self, token: object, event: object, answers: Mapping[str, object]) -> View:
        """Take the answer to a step, or the end of a break."""
        listener_id = self._listener(token)
        with self._turn(listener_id):
            step = self._session(listener_id).step
            if event != step or step not in (*STEPS, "break"):
                if event in (*STEPS, "break") and event in self._record(listener_id).events:
                    return self.view(listener_id)  # sent again after a lost connection: nothing to ask twice
                raise self._refusal("not-now", f"This session is at {step}; reload the page to go on.")
            columns = {}
            if step == "consent":
                parameters = answers.get("parameters")
                asked = parameters if isinstance(parameters, Mapping) else {}
                columns = {column: _parameter(asked, names) for column, names in PLATFORM_PARAMETERS.items()}
            if step == "about":
                columns["device"] = self._choice(answers.get("device"), DEVICES)
                columns["headphones"] = self._choice(answers.get("headphones"), HEADPHONES)
            if step == "headphone-check":
                columns["headphone_check"] = _words(answers.get("result"), 20)
            self._note(listener_id, step, **columns)
        return self.view(listener_id)

    def rate(self, ticket: object, rating: object, heard: object, plays: object, response_s: object) -> View:
        """Write a rating down. When this returns, it is on the disk.

        Raises:
            RefusedError: the ticket is not ours or was used, or the rating is off the scale; all are counted.
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
        session_id = self.session_id(listener_id)
        given = Answer(listener_id, session_id, trial, score, playback, opened.issued_ms / 1000, now)
        with self._turn(listener_id):
            record = self._record(listener_id)
            if trial.number in record.rated:
                self._note_end(listener_id)
                raise self._refusal(
                    "already-rated", "This clip has its rating already; the first one counts."
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

    def clip(self, name: object) -> bytes:
        """The bytes of a clip by its address, which is another one for every listener and trial."""
        opened = self._signer.open(name, Kind.CLIP)
        plan = self.plan(opened.listener_id) if opened else ()
        if opened is None or opened.trial >= len(plan) or opened.clip >= len(plan[opened.trial].clips):
            raise self._refusal("not-ours", "There is no such clip; reload the page.")
        return clip_path(self.study_folder, plan[opened.trial].clips[opened.clip]).read_bytes()

    def close(self) -> None:
        """Release the files."""
        self._ratings.close()
        self._sessions.close()
        self._refusals.close()

    def _session(self, listener_id: str) -> Session:
        return Session(self.manifest.study, self.plan(listener_id), self._record(listener_id))

    def session_id(self, listener_id: str) -> str:
        """One session a listener and prepared study: coming back is going on."""
        return str(uuid.uuid5(uuid.UUID(listener_id), self.manifest.digest))

    def _listener_for(self, what: str, name: str) -> str:
        """A listener id for what somebody comes with: the one they have, else the one that the study needs most.

        There is no way back from the id without the secret.
        """
        derived = (self._signer.name(what, f"{name}/{k}") for k in range(CANDIDATES))
        candidates = [str(uuid.UUID(bytes=each, version=4)) for each in derived]
        begun = self._ledger.sessions()
        for listener_id in candidates:
            if self.session_id(listener_id) in begun:
                return listener_id
        with self._balancing:
            for session_id in begun.keys() - self._balanced:
                self._balance.add(self.plan(begun[session_id].columns["listener_id"]))
                self._balanced.add(session_id)
            return candidates[self._balance.best(map(self.plan, candidates))]

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

    def _turn(self, listener_id: str) -> threading.Lock:
        """One request of a listener at a time; listeners do not wait for each other."""
        return self._one_at_a_time[uuid.UUID(listener_id).int % len(self._one_at_a_time)]

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

    def _choice(self, given: object, known: tuple[str, ...]) -> str:
        if given not in known:
            raise self._refusal("not-an-answer", f"Choose one of {', '.join(known)}.")
        return str(given)

    def _refusal(self, reason: str, message: str) -> RefusedError:
        self.refused[reason] += 1
        if self.refused[reason] <= MOST_REFUSALS_KEPT:
            self._refusals.append((iso_utc(utc_now()), self.manifest.study.id, reason))
        return RefusedError(reason, message)


def _parameter(parameters: Mapping[str, object], names: tuple[str, ...]) -> str:
    return next((_words(parameters[name], LONGEST_PARAMETER) for name in names if parameters.get(name)), "")


def _words(value: object, longest: int) -> str:
    """Text that can be written, of bounded length; anything else is empty."""
    return value[:longest].encode("utf-8", errors="replace").decode() if isinstance(value, str) else ""
