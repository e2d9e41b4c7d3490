"""Comparisons under way. What a visitor's page does not know yet lives here and nowhere else.

A page holds tickets: random words, one a card, each good for one rating. Which variant a ticket stands for is
known only to this process. Runs are kept for a day at most, newest first.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, fields

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.rows import new_id
from speecht5_demo.synthesis import Latency, Speech
from speecht5_demo.ui.compare.clips import Clip
from speecht5_demo.ui.compare.live import LiveSample
from speecht5_demo.ui.compare.plan import Plan
from speecht5_demo.variants import Sizes, Variant

KEPT_RUNS = 300
KEPT_SECONDS = 24 * 3600.0
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Sample:
    """What is remembered of a speech once its audio is a file.

    Attributes:
        text, spoken_text, speaker, checkpoint, seed, steps, ended, latency, audio_seconds: as in `Speech`.
    """

    text: str
    spoken_text: str
    speaker: str
    checkpoint: str
    seed: int
    steps: int
    ended: bool
    latency: Latency
    audio_seconds: float

    @classmethod
    def of(cls, speech: Speech) -> Sample:
        """The speech without its samples and spectrogram."""
        return cls(**{field.name: getattr(speech, field.name) for field in fields(cls)})

    @property
    def rtf(self) -> float:
        """Synthesis seconds per second of audio."""
        return self.latency.median / self.audio_seconds


@dataclass
class Card:
    """One sample of a run.

    `first_audio_s` is None where nothing can be played before the whole is there. `rating` is set once, after its row
    is on the disk.
    """

    index: int
    variant: Variant
    sample: Sample
    clip: Clip
    sizes: Sizes | None = None
    first_audio_s: float | None = None
    rating: int | None = None
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(18))

    @property
    def letter(self) -> str:
        """What a blind card is called."""
        return LETTERS[self.index]


class Run:
    """One press of Speak: its plan, the order its variants speak in, and the cards made so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.id = secrets.token_urlsafe(18)
        self.session_id = new_id()
        self.order = list(plan.variants)
        if plan.blind:
            secrets.SystemRandom().shuffle(self.order)
        self.cards: list[Card] = []
        self.live: LiveSample | None = None
        self.cancel = threading.Event()
        self.saving = threading.Lock()
        self.phase = "waiting"
        self.problem = ""
        self.runs_done = 0
        self.started = time.monotonic()
        self.opened_ms = time.time_ns() // 1_000_000
        self._revision = 0
        self._claimed = False
        self._lock = threading.Lock()

    def claim(self) -> bool:
        """True for the first who wants to speak this run, False for everyone after."""
        with self._lock:
            first, self._claimed = not self._claimed, True
            return first

    def may_play_live(self, variant: Variant) -> bool:
        """Whether a variant's sample may be heard while it is made: it can stream, and no name is hidden.

        In a blind run all samples appear whole and at one pace: only quick variants could be heard early.
        """
        return variant.turbo is not None and self.plan.listenable and not self.plan.blind

    def complete(self, card: Card) -> None:
        """A sample is whole: its card takes the place of the one that played while it was made."""
        if self.live is not None:
            card.ticket = self.live.ticket
        self.cards.append(card)
        self.live = None
        self.runs_done += 1

    def next_revision(self) -> int:
        """Grows with every snapshot, so that a page can drop one that arrives late."""
        with self._lock:
            self._revision += 1
            return self._revision

    @property
    def speaking(self) -> bool:
        """Whether more cards may come."""
        return self.phase in ("waiting", "loading", "preparing", "speaking")

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it but ratings."""
        return self.phase in ("done", "stopped")

    @property
    def revealed(self) -> bool:
        """Whether the page may know names and figures: always in an open run, else when all is rated."""
        if not self.plan.blind:
            return True
        return not self.speaking and bool(self.cards) and all(card.rating for card in self.cards)


class Runs:
    """All runs of this process, by id and by ticket."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._sessions: dict[str, str] = {}

    def add(self, plan: Plan, session: str | None) -> Run:
        """Open a run; the one that the same browser session had open before is stopped."""
        run = Run(plan)
        with self._lock:
            if session is not None:
                self._cancel(self._sessions.get(session))
                self._sessions[session] = run.id
            self._runs[run.id] = run
            self._forget_old()
        return run

    def find(self, run_id: object) -> Run | None:
        """The run of that id, if it is still kept."""
        with self._lock:
            return self._runs.get(run_id) if isinstance(run_id, str) else None

    def leave(self, session: str | None) -> None:
        """The browser is gone: stop what it started."""
        with self._lock:
            self._cancel(self._sessions.pop(session or "", None))

    def card(self, ticket: object) -> tuple[Run, Card]:
        """The card that a ticket stands for.

        Raises:
            RatingsError: nobody gave out that ticket, or its run is forgotten.
        """
        with self._lock:
            for run in reversed(self._runs.values()):
                for card in run.cards:
                    if isinstance(ticket, str) and secrets.compare_digest(
                        card.ticket.encode(), ticket.encode()
                    ):
                        return run, card
        raise RatingsError("This sample is no longer known here. Press Speak to make it again, then rate it.")

    def _cancel(self, run_id: str | None) -> None:
        run = self._runs.get(run_id or "")
        if run is not None:
            run.cancel.set()

    def _forget_old(self) -> None:
        limit = time.monotonic() - KEPT_SECONDS
        while self._runs:
            oldest = next(iter(self._runs.values()))
            if len(self._runs) <= KEPT_RUNS and oldest.started > limit:
                return
            oldest.cancel.set()
            del self._runs[oldest.id]
            self._sessions = {key: value for key, value in self._sessions.items() if value != oldest.id}
