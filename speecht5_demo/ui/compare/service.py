"""What the page's events call: start a run, follow it, stop it, rate a card. No widget is known here."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio

from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message
from speecht5_demo.ui.compare.budget import SpeechBudget, affordable_repeats, check_length
from speecht5_demo.ui.compare.bundle import bundle_route
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.difference import difference_route
from speecht5_demo.ui.compare.hearing import Hearing
from speecht5_demo.ui.compare.link import RunLink, SealedSeeds
from speecht5_demo.ui.compare.live import LiveStreams
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice, make_plan, preselected
from speecht5_demo.ui.compare.rated import Memory, RatedBefore
from speecht5_demo.ui.compare.rating import rate
from speecht5_demo.ui.compare.recordings import RecordedSpeakers
from speecht5_demo.ui.compare.reveal_pacing import RuntimeEstimate
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.speaking import Speaking
from speecht5_demo.ui.compare.taken import taken_route
from speecht5_demo.ui.compare.uploads import UploadedSpeakers
from speecht5_demo.ui.compare.voice_queue import Job, Kind, VoiceQueue
from speecht5_demo.ui.compare.warm_up import warm_up_steps
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.serving.disk import DiskWatch
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.serving.visitor import Visitor

DEFECT = Message("Something went wrong on the server, and its log says what. Press Speak to try again.")
TOO_LONG = Message(
    "This comparison used its time of the voice and was ended. Shorten the text or choose fewer versions."
)
POLL_S = 0.05
WAITING_POLL_S = 0.2
TIME_LIMIT_S = 300.0
"""Seconds of the voice for one run, repeats included."""


class CompareService:
    """One server's comparisons.

    Args:
        context: who speaks, and where ratings go.
        presence: who still waits; None where everybody does.
    """

    def __init__(self, context: AppContext, presence: Presence | None = None) -> None:
        self.context = context
        self.clips = ClipCache()
        self.streams = LiveStreams()
        self.queue = VoiceQueue()
        self.uploads = UploadedSpeakers(context.checkpoint.vector_size)
        self.recordings = RecordedSpeakers(context.checkpoint, context.synthesizer, self.uploads)
        self.disk = DiskWatch(context.settings.data)
        self._presence = presence
        self.budget = SpeechBudget()
        self._seeds = SealedSeeds(context.settings)
        self._rated = RatedBefore(context.settings.ratings)
        self._runs = Runs(self._forget)
        self.hearing = Hearing(self.queue, self._runs, context.checkpoint.language)
        self.routes = [
            *self.streams.routes,
            *self.clips.routes,
            bundle_route(self._runs),
            taken_route(self._runs),
            *self.recordings.routes,
            difference_route(self._runs),
        ]
        self._jobs: dict[str, Job] = {}
        self._estimate = RuntimeEstimate()
        self.warmed_up = threading.Event()
        self.warm_up_failed = False
        self._speaking = Speaking(context.synthesizer, self.clips, self.streams, self._estimate)

    def warm_up_in_background(self) -> None:
        """Load the weights and let the preselected variants speak once, unless a visitor comes first."""
        variants = preselected(self.context.checkpoint)
        interrupt = threading.Event()
        steps = warm_up_steps(self.context.synthesizer, self._estimate, variants, interrupt)
        self.queue.submit(
            Job(
                Visitor("warm-up"),
                steps,
                ended=self._note_warm_up,
                kind=Kind.BACKGROUND,
                interrupt=interrupt,
            )
        )

    def _note_warm_up(self, error: BaseException | None) -> None:
        self.warm_up_failed = error is not None
        self.warmed_up.set()

    def start(
        self,
        *,
        text: Any,
        voice: VoiceChoice,
        seed: Any,
        variants: Any,
        own: OwnVariant,
        repeats: Any,
        blind: Any,
        visitor: Visitor,
        for_program: bool = False,
        pairs: Any = False,
        listener: str = "",
        word: str = "",
    ) -> Run:
        """Check what was sent, open a run and give it its place in the queue.

        Args:
            pairs: True votes on pairs.
            listener: the visitor's random word.
            word: of the link that was opened; its samples are taken from where they are kept, or spoken again.

        Raises:
            DemoError: an input is unusable, or the server has too much to do.
        """
        self.queue.check(visitor)
        plan = make_plan(
            self.context.checkpoint,
            text=text,
            voice=voice,
            uploaded=self.uploads.find,
            seed=seed,
            variants=variants,
            own=own,
            repeats=repeats,
            blind=blind,
            pairs=pairs,
            for_program=for_program,
        )
        check_length(plan.spoken_text)
        plan = replace(plan, repeats=affordable_repeats(plan))
        self.disk.check()
        opened, word = bool(word), word or secrets.token_urlsafe(12)
        if plan.blind:
            plan = replace(plan, word=word, seed=self._seeds.seed(word, plan))
        link = RunLink(
            plan.text,
            voice,
            None if plan.blind else plan.seed,
            tuple(variants),
            own,
            plan.repeats,
            plan.blind,
            word,
            plan.pairs,
        ).written()
        before = self._rated.find(listener, plan) if opened and listener else Memory({}, {}, revealed=False)
        if before.revealed:
            plan = replace(plan, blind=False)
        run = Run(plan, visitor, listener, link, self._seeds.order(word, listener))
        run.before = before
        run.heard = self.hearing.offer(plan)
        return self._again(run) if opened else self._open(run)

    def open_link(self, link: RunLink, visitor: Visitor, listener: str) -> Run:
        """The comparison of a link: as it is, from samples that are kept, or spoken again.

        Raises:
            DemoError: as `start`.
        """
        return self.start(
            text=link.text,
            voice=link.voice,
            seed=link.seed,
            variants=list(link.variants),
            own=link.own,
            repeats=link.repeats,
            blind=link.blind,
            pairs=link.pairs,
            visitor=visitor,
            listener=listener,
            word=link.word,
        )

    def _again(self, run: Run) -> Run:
        """A run whose link was opened: as it is, from what is kept of its samples, or spoken again."""
        for other in self._runs.of_samples(run.plan):
            if other.listener == run.listener and other.link == run.link and run.listener:
                if other.over and not other.left:
                    return other
                other.cancel.set()
            for card in other.made:
                run.kept.setdefault(card.variant.name, card)
        if not all(variant.name in run.kept for variant in run.order):
            return self._open(run)
        self._runs.add(run)
        try:
            for index, variant in enumerate(run.order):
                run.complete(
                    run.kept[variant.name].again(index, self.clips.copy(run.kept[variant.name].clip))
                )
        except DemoError:
            self._runs.remove(run)
            raise
        run.end("done")
        return run

    def _open(self, run: Run) -> Run:
        plan, visitor = run.plan, run.visitor
        self._runs.add(run)
        interrupt = threading.Event()
        job = Job(
            visitor,
            self._speaking.steps(run, interrupt),
            wanted=lambda: self.is_wanted(run),
            ended=lambda error: self._ended(run, error),
            interrupt=interrupt,
        )
        try:
            self.budget.spend(visitor, plan)
            self.queue.submit(job)
        except DemoError:
            self._runs.remove(run)
            raise
        self._jobs[run.id] = job
        return run

    def is_wanted(self, run: Run) -> bool:
        """Whether the voice goes on with a run; one that took too long, or nobody waits for, is ended."""
        job = self._jobs.get(run.id)
        if job is not None and job.spent_s > TIME_LIMIT_S:
            run.problem = TOO_LONG
            run.cancel.set()
        if self._presence is not None and not self._presence.is_here(run.visitor.session, run.asked):
            run.left = not run.over
            run.cancel.set()
        return not run.cancel.is_set()

    def _ended(self, run: Run, error: BaseException | None) -> None:
        if run.phase not in ("done", "stopped"):
            run.end("stopped", DEFECT if error is not None else "")
        self._jobs.pop(run.id, None)

    def _forget(self, run: Run) -> None:
        for card in run.made:
            self.clips.remove(card.clip)

    def waiting(self, run: Run) -> tuple[int, float]:
        """How many are served before the run, and about how many seconds that takes."""
        job = self._jobs.get(run.id)
        return self.queue.wait_s(job) if job is not None else (0, 0.0)

    async def follow(self, run_id: object) -> AsyncIterator[Run]:
        """The run, whenever its page may be told something new, until it is over."""
        run = self._runs.find(run_id)
        seen: object = None
        while run is not None:
            self.is_wanted(run)
            state = self._state(run)
            if state != seen:
                seen = state
                yield run
            if run.over:
                return
            await anyio.sleep(POLL_S if run.phase != "waiting" else WAITING_POLL_S)

    def _state(self, run: Run) -> object:
        seen = (run.phase, run.problem, len(run.cards), run.heard_early)
        if run.phase == "waiting":
            return (*seen, int(time.monotonic() - run.asked))  # its place moves: said once a second
        if run.revealed and not run.speaking:
            sizes = sum(1 for card in run.made if card.sizes is not None)
            first = sum(1 for card in run.made if card.first_audio_s is not None)
            return (*seen, run.runs_done, sizes, first)
        return (*seen, int(time.monotonic()))

    def find(self, run_id: object) -> Run | None:
        """The run of that id, if it is still known."""
        return self._runs.find(run_id)

    def stop(self, run_id: object) -> None:
        """Stop a run at its next decoder step; one that still waits for its turn is over at once."""
        run = self._runs.find(run_id)
        if run is not None:
            run.cancel.set()
            if run.phase == "waiting":
                run.end("stopped")

    def leave(self, session: str | None) -> None:
        """The visitor closed the page."""
        self._runs.leave(session)

    def rate(self, sent: Any) -> dict[str, object]:
        """Keep one rating; see `rating.rate`."""
        return rate(self._runs, self.context.ratings, self._rated, sent)
