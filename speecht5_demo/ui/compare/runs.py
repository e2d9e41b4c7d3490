"""Comparisons under way. What a visitor's page does not know yet lives here and nowhere else.

A page holds tickets: random words, one a card, each good for one rating. Which variant a ticket stands for is known
only to this process. Runs are kept for a day at most, a few for each visitor: a new run may take the place of the same
visitor's older one, or of somebody's that is over and rated, and of no other.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TypeVar

import numpy as np

from speecht5_demo.errors import RatingsError, VariantError
from speecht5_demo.listening.rows import new_id
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.cards import Card
from speecht5_demo.ui.compare.heard_run import HeardRun
from speecht5_demo.ui.compare.live import LiveSample
from speecht5_demo.ui.compare.pairs import PairTrial, pair_trials
from speecht5_demo.ui.compare.plan import Plan
from speecht5_demo.ui.compare.rated import Memory
from speecht5_demo.ui.compare.voice_queue import BusyError
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.variants import BASELINE, Variant

Asked = TypeVar("Asked", Card, PairTrial)
KEPT_A_SESSION = 5
KEPT_AN_ADDRESS = 200
KEPT_RUNS = 2_000
KEPT_S = 24 * 3600.0
DROPPED = Message(
    "This sample made room for others and is no longer kept. Reload the page: its link speaks it again, "
    "and what you rated is not lost."
)


class Run:
    """One press of Speak: its plan, the order its variants speak in, and the cards made so far.

    Args:
        plan: what to speak.
        visitor: who asked.
        listener: the visitor's random word, the same after a reload; empty where none was sent.
        link: opens it again.
        shuffle: puts the samples in their order; None draws a fresh one.
    """

    def __init__(
        self, plan: Plan, visitor: Visitor, listener: str = "", link: str = "", shuffle: Random | None = None
    ) -> None:
        self.plan = plan
        self.visitor = visitor
        self.listener = listener
        self.link = link
        self.kept: dict[str, Card] = {}
        self.before = Memory({}, {}, revealed=False)
        self.left = False
        self.trials: list[PairTrial] = []
        self._pair_order = Random(shuffle.getrandbits(128) if shuffle is not None else secrets.randbits(128))
        self.id = secrets.token_urlsafe(18)
        self.session_id = new_id()
        self.cancel = threading.Event()
        self.order = list(plan.variants)
        if plan.blind:
            (shuffle or secrets.SystemRandom()).shuffle(self.order)
        self.made: list[Card] = []
        self.lives: tuple[LiveSample, ...] = ()
        self.in_step = False
        self.pieces = 1
        self.pieces_out = 0
        self.heard: HeardRun | None = None
        self.saving = threading.Lock()
        self.phase = "waiting"
        self.problem = ""
        self.runs_done = 0
        self.disturbed = 0
        self.part = (0, 1)
        self.each_s: float | None = None
        self.speaking_since = self.asked = self.piece_out_at = time.monotonic()
        self.opened_ms = time.time_ns() // 1_000_000
        self._revision = 0
        self._lock = threading.Lock()

    @property
    def baseline(self) -> Card | None:
        """The sample that the others are compared with; None while, or where, there is none."""
        return next((card for card in self.made if card.variant.name == BASELINE.name), None)

    def may_play_live(self, variant: Variant) -> bool:
        """Whether a variant's sample may be heard while it is made: it can stream, and no name is hidden.

        In a blind run only quick variants could be heard before others: its samples are heard in step or not at all.
        """
        return variant.streams and self.plan.listenable and not self.plan.blind

    def leave_out(self, variant: Variant, problem: str) -> None:
        """Go on without a variant that cannot be made.

        Raises:
            VariantError: no other is left.
        """
        left = tuple(other for other in self.plan.variants if other is not variant)
        if not left:
            raise VariantError(problem)
        self.order.remove(variant)
        self.plan = replace(self.plan, variants=left, blind=self.plan.blind and len(left) > 1)
        self.problem = Message("{version} is left out: {problem}", version=variant.label, problem=problem)

    def same_samples(self, plan: Plan) -> bool:
        """Whether another comparison would make the very same samples, as far as both have them."""
        mine = self.plan
        return (mine.text, mine.speaker.name, mine.seed) == (
            plan.text,
            plan.speaker.name,
            plan.seed,
        ) and bool(np.array_equal(mine.speaker.vector, plan.speaker.vector))

    def complete(self, card: Card) -> None:
        """A sample is whole: its card takes the place of the one that played while it was made.

        What this visitor said of it before, in this or an earlier process, still holds.
        """
        if rated := self.before.scores.get(card.variant.name):
            card.rating, card.rating_id = rated.rating, rated.rating_id
        card.ticket = next((live.ticket for live in self.lives if live.index == card.index), card.ticket)
        self.made.append(card)
        self.runs_done += 1

    @property
    def heard_early(self) -> tuple[LiveSample, ...]:
        """The samples that can be played though they are not whole."""
        shown = len(self.cards)
        return tuple(live for live in self.lives if live.index >= shown)

    @property
    def making(self) -> tuple[float, float] | None:
        """How far the next sample is, 0 to 1, and about how many seconds all that are left take.

        None while nothing is known. In a blind run it follows the clock by which samples appear, whatever is spoken.
        """
        if self.each_s is None or self.phase != "speaking" or not self.speaking:
            return None
        if self.in_step:
            return self._making_in_step(self.each_s * len(self.order))
        cards = self.cards
        since = max([self.speaking_since, *(card.shown_at for card in cards)])
        spent = time.monotonic() - since
        piece, pieces = (0, 1) if self.plan.blind else self.part
        share = max(spent / self.each_s, piece / pieces)
        return min(share, 0.97), max(1.0, self.each_s * (len(self.order) - len(cards)) - spent)

    def _making_in_step(self, expected_s: float) -> tuple[float, float]:
        """How far the next piece of all samples is, and about how many seconds are left."""
        now = time.monotonic()
        piece_s = expected_s / self.pieces
        if self.pieces_out:
            piece_s = (self.piece_out_at - self.speaking_since) / self.pieces_out
        since = self.piece_out_at if self.pieces_out else self.speaking_since
        left = piece_s * (self.pieces - self.pieces_out) - (now - since)
        return min((now - since) / piece_s, 0.97), max(1.0, left)

    @property
    def progress(self) -> float:
        """How much of all samples is there, 0 to 1."""
        making = self.making
        share = making[0] if making else 0.0
        if self.in_step:
            return min(1.0, (self.pieces_out + share) / self.pieces)
        return (len(self.cards) + share) / len(self.order)

    def end(self, phase: str, problem: str = "") -> None:
        """Nothing more is made; who sees the phase sees all else settled."""
        self.lives = ()
        self.show_all()
        self.problem = problem or self.problem
        self.phase = phase

    def show_all(self) -> None:
        """No more is made: what is there appears."""
        now = time.monotonic()
        for card in self.made:
            card.shown_at = now if math.isinf(card.shown_at) else card.shown_at
        if self.plan.pairs and self.baseline is not None and not self.trials:
            self.trials = pair_trials(self.made, self.baseline, self._pair_order)
            for trial in self.trials:
                if voted := self.before.votes.get(trial.number):
                    trial.vote, trial.rating_id = trial.kept(voted.rating), voted.rating_id

    def next_revision(self) -> int:
        """Grows with every snapshot, so that a page can drop one that arrives late."""
        with self._lock:
            self._revision += 1
            return self._revision

    @property
    def cards(self) -> list[Card]:
        """The cards that the page may know."""
        now = time.monotonic()
        return [card for card in list(self.made) if card.shown_at <= now]

    @property
    def speaking(self) -> bool:
        """Whether more cards may come."""
        return self.phase in ("waiting", "preparing", "speaking") or len(self.cards) < len(self.made)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it but ratings."""
        return self.phase in ("done", "stopped") and not self.speaking

    @property
    def revealed(self) -> bool:
        """Whether the page may know names and figures: always in an open run, else when all is rated."""
        if not self.plan.blind:
            return True
        return not self.speaking and self.rated == self.to_rate > 0

    @property
    def to_rate(self) -> int:
        """How many answers there are to give."""
        return len(self.trials) if self.plan.pairs and self.trials else len(self.made)

    @property
    def rated(self) -> int:
        """How many of them were given."""
        if self.plan.pairs and self.trials:
            return sum(1 for trial in self.trials if trial.vote is not None)
        return sum(1 for card in self.made if card.rating)

    @property
    def one_left(self) -> bool:
        """Whether one more answer reveals the names."""
        return self.plan.blind and not self.speaking and self.rated == self.to_rate - 1

    @property
    def protected(self) -> bool:
        """Whether nobody else's run may take its place: it is being spoken, or waits to be rated."""
        if not self.over:
            return True
        return self.plan.listenable and not self.plan.for_program and self.rated < self.to_rate


class Runs:
    """All runs of this process, by id and by ticket.

    Args:
        forgotten: called with each run that is dropped.
    """

    def __init__(self, forgotten: Callable[[Run], None] = lambda run: None) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._latest: dict[str, str] = {}
        self._forgotten = forgotten

    def add(self, run: Run) -> None:
        """Open a run; the page's earlier one is stopped.

        Raises:
            BusyError: nothing may be dropped for it.
        """
        plan, visitor = run.plan, run.visitor
        with self._lock:
            self._make_room(visitor)
            if not plan.for_program:
                self._cancel(self._latest.get(visitor.session))
                self._latest[visitor.session] = run.id
            self._runs[run.id] = run

    def of_samples(self, plan: Plan) -> list[Run]:
        """The runs that have samples which this plan would make, the newest first."""
        with self._lock:
            runs = list(self._runs.values())
        return [run for run in reversed(runs) if run.made and run.same_samples(plan)]

    def remove(self, run: Run) -> None:
        """Drop a run that never got its place."""
        with self._lock:
            self._drop(run)

    def find(self, run_id: object) -> Run | None:
        """The run of that id, if it is still kept."""
        with self._lock:
            return self._runs.get(run_id) if isinstance(run_id, str) else None

    def leave(self, session: str | None) -> None:
        """The browser is gone: stop what it started."""
        with self._lock:
            run_id = self._latest.pop(session or "", None)
            run = self._runs.get(run_id or "")
            if run is not None and not run.over:
                run.left = True
            self._cancel(run_id)

    def card(self, ticket: object) -> tuple[Run, Card]:
        """The card that a ticket stands for.

        Raises:
            RatingsError: nobody gave out that ticket, or its run is forgotten.
        """
        if found := self._found(ticket, lambda run: run.cards):
            return found
        raise RatingsError(DROPPED)

    def trial(self, ticket: object) -> tuple[Run, PairTrial] | None:
        """The pair that a ticket stands for, if it is one."""
        return self._found(ticket, lambda run: run.trials)

    def _found(self, ticket: object, held: Callable[[Run], list[Asked]]) -> tuple[Run, Asked] | None:
        with self._lock:
            runs = list(self._runs.values())
        if isinstance(ticket, str) and len(ticket) <= 64:
            for run in reversed(runs):
                for one in held(run):
                    if secrets.compare_digest(one.ticket.encode(), ticket.encode()):
                        return run, one
        return None

    def _cancel(self, run_id: str | None) -> None:
        run = self._runs.get(run_id or "")
        if run is not None:
            run.cancel.set()

    def _drop(self, run: Run) -> None:
        run.cancel.set()
        self._runs.pop(run.id, None)
        if self._latest.get(run.visitor.session) == run.id:
            del self._latest[run.visitor.session]
        self._forgotten(run)

    def _make_room(self, visitor: Visitor) -> None:
        """Drop what is too old, then the visitor's own oldest, then what is over and rated."""
        limit = time.monotonic() - KEPT_S
        for run in [run for run in self._runs.values() if run.asked < limit]:
            self._drop(run)
        mine = [run for run in self._runs.values() if run.visitor == visitor]
        for run in mine[: max(0, len(mine) - KEPT_A_SESSION + 1)]:
            self._drop(run)
        same = [run for run in self._runs.values() if run.visitor.address == visitor.address]
        for runs, most in ((same, KEPT_AN_ADDRESS), (list(self._runs.values()), KEPT_RUNS)):
            surplus = len(runs) - most + 1
            if surplus <= 0:
                continue
            loose = [run for run in runs if not run.protected][:surplus]
            if len(loose) < surplus:
                raise BusyError(
                    Message(
                        "As many comparisons wait to be rated as this server keeps. "
                        "Rate one that is open, or come back later."
                    )
                )
            for run in loose:
                self._drop(run)
