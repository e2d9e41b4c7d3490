"""Who speaks next. One voice serves all visitors, a step at a time and in turn.

A step is one piece of a sample, about a sentence, or one part of what comes after all samples (sizes, timing): a long
text or a slow recipe keeps nobody waiting for more than a step. After each step the visitor who was
served last stands behind all others: first among addresses, then among the sessions of an address. So somebody who asks
for much waits longer, and nobody else does. Timing makes way for who waits to hear something: its step is interrupted,
thrown away and made again when nobody waits.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message
from speecht5_demo.ui.serving.visitor import Visitor

log = logging.getLogger(__name__)

PLACES_A_SESSION = 2
PLACES_AN_ADDRESS = 24
PLACES = 64
POLL_S = 0.5
"""Between two looks whether those who wait are still here."""
USUAL_STEP_S = 1.0
REMEMBERED = 5_000


class BusyError(DemoError):
    """The voice has too many to serve, or this visitor asks for too much at once.

    Args:
        sentence: for the visitor.
        wait_s: about how many seconds later it is worth asking again.
    """

    def __init__(self, sentence: str, wait_s: float = 30.0) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class Kind(IntEnum):
    """What a step makes; the smaller number goes first."""

    AUDIO = 0
    TIMING = 1
    BACKGROUND = 2


Step: TypeAlias = "Kind | Future[Any]"
"""What follows a step: the next one's kind, or something that has to be done elsewhere before it."""


@dataclass(eq=False)
class Job:
    """Something to speak, in steps.

    Attributes:
        visitor: who asked.
        steps: each `next` makes one step and returns the kind of the next one, or what that one waits for.
        wanted: False when nobody waits for it any more.
        ended: called once, with what broke it if something did.
        kind: of the next step.
        waits_for: work elsewhere, such as building a recipe; until it is done the job takes no turn.
        interrupt: set while a step should make way.
        spent_s: seconds of the voice so far.
        submitted: monotonic time.
    """

    visitor: Visitor
    steps: Generator[Step, None, None]
    wanted: Callable[[], bool] = lambda: True
    ended: Callable[[BaseException | None], None] = lambda error: None
    kind: Kind = Kind.AUDIO
    waits_for: Future[Any] | None = None
    interrupt: threading.Event = field(default_factory=threading.Event)
    spent_s: float = 0.0
    submitted: float = field(default_factory=time.monotonic)

    @property
    def ready(self) -> bool:
        """Whether it can be given a turn: there is a step to make, or nobody wants it any more."""
        return self.waits_for is None or self.waits_for.done() or not self.wanted()


class VoiceQueue:
    """The queue and the thread that serves it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: list[Job] = []
        self._running: Job | None = None
        self._turns = itertools.count(1)
        self._served: OrderedDict[object, int] = OrderedDict()
        self._step_s = USUAL_STEP_S
        self._voice = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> None:
        """Give a job its place.

        Raises:
            BusyError: the visitor, the address or everybody has as many places as there are.
        """
        with self._changed:
            if job.kind is not Kind.BACKGROUND:
                self._check(job.visitor)
            self._jobs.append(job)
            if self._running is not None and self._running.kind > job.kind:
                self._running.interrupt.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="voice-queue", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def check(self, visitor: Visitor) -> None:
        """Refuse at once, before anything is worked out for it, what would find no place.

        Raises:
            BusyError: as `submit`.
        """
        with self._changed:
            self._check(visitor)

    def wait_s(self, job: Job) -> tuple[int, float]:
        """How many are served before this job's next step, and about how many seconds that takes."""
        with self._changed:
            if job not in self._jobs or job is self._running:
                return 0, 0.0
            mine = self._rank(job)
            ahead = sum(1 for other in self._jobs if other is not job and self._before(other, mine, job))
            return ahead, ahead * self._step_s

    @property
    def waiting(self) -> int:
        """Jobs of visitors that are not over."""
        with self._changed:
            return sum(1 for job in self._jobs if job.kind is not Kind.BACKGROUND)

    def _check(self, visitor: Visitor) -> None:
        asked = [job.visitor for job in self._jobs if job.kind is not Kind.BACKGROUND and job.wanted()]
        sessions = Counter(other.session for other in asked)
        addresses = Counter(other.address for other in asked)
        about = max(1, round(len(asked) * self._step_s))
        if sessions[visitor.session] >= PLACES_A_SESSION:
            raise BusyError(
                Message(
                    "You have {places} comparisons under way: wait for one or stop it, about {wait_s} s.",
                    places=PLACES_A_SESSION,
                    wait_s=about,
                ),
                about,
            )
        if addresses[visitor.address] >= PLACES_AN_ADDRESS or len(asked) >= PLACES:
            raise BusyError(
                Message(
                    "Too many visitors are waiting for the voice. Press Speak again in about {wait_s} s.",
                    wait_s=about,
                ),
                about,
            )

    def _rank(self, job: Job) -> tuple[int, int, int, float]:
        visitor = job.visitor
        address, session = self._served.get(visitor.address, 0), self._served.get(visitor, 0)
        return job.kind, address, session, job.submitted

    def _before(self, other: Job, mine: tuple[int, int, int, float], job: Job) -> bool:
        """Whether `other` is served once before `job`: it runs, or it was served longer ago."""
        if other.waits_for is not None and not other.waits_for.done():
            return False
        return other.kind <= job.kind and (other is self._running or self._rank(other) < mine)

    def _serve(self) -> None:
        while True:
            job = self._next()
            if not job.wanted():
                job.steps.close()
                self._end(job, None)
                continue
            begun = time.monotonic()
            try:
                step = self._voice.submit(next, job.steps, None)
            except RuntimeError:  # the interpreter is ending, and takes no more work
                return
            error = step.exception()
            took = time.monotonic() - begun
            job.spent_s += took
            job.interrupt.clear()
            if job.kind is Kind.AUDIO:
                self._step_s += 0.2 * (took - self._step_s)
            following = None if error is not None else step.result()
            if error is not None:
                log.error("A run ended by a defect.", exc_info=error)
            if following is None:
                self._end(job, error)
                continue
            with self._changed:
                if isinstance(following, Kind):
                    job.kind, job.waits_for = following, None
                else:
                    job.waits_for = following
                self._running = None
            if job.waits_for is not None:
                job.waits_for.add_done_callback(self._look_again)

    def _look_again(self, done: Future[Any]) -> None:
        with self._changed:
            self._changed.notify_all()

    def _next(self) -> Job:
        """The job to serve, marked as running."""
        with self._changed:
            while True:
                if ready := [job for job in self._jobs if job.ready]:
                    job = min(ready, key=self._rank)
                    turn = next(self._turns)
                    self._note_served(job.visitor.address, turn)
                    self._note_served(job.visitor, turn)
                    self._running = job
                    return job
                if not self._jobs:
                    self._served.clear()
                self._changed.wait(POLL_S)

    def _note_served(self, whom: object, turn: int) -> None:
        self._served[whom] = turn
        self._served.move_to_end(whom)
        while len(self._served) > REMEMBERED:
            self._served.popitem(last=False)

    def _end(self, job: Job, error: BaseException | None) -> None:
        with self._changed:
            self._jobs.remove(job)
            self._running = None
        job.ended(error)
