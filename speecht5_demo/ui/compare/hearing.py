"""The button "what a recogniser hears": it makes way for who waits for a voice, and a run is heard once.

The recogniser is one for all visitors and works in the thread of the voice, a part of a sample at a time, as timing
does. Only finding its weights, which may ask the network, happens beside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from typing import Any, TypeVar

from speecht5_demo.errors import DemoError, RatingsError
from speecht5_demo.messages import Message
from speecht5_demo.quality.hearing import hear_in_parts, lacking, open_in_parts
from speecht5_demo.quality.recognisers import FoundRecogniser, Recogniser, find_recogniser
from speecht5_demo.ui.compare.heard import heard_view
from speecht5_demo.ui.compare.heard_run import HeardRun
from speecht5_demo.ui.compare.plan import Plan
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.voice_queue import Job, Kind, VoiceQueue
from speecht5_demo.wav import read_wav

T = TypeVar("T")
LANGUAGE = "en"
"""What the recogniser was taught."""
LEFT_S = 75.0
"""A page asks how far it is every second, and once a minute when it lies in the background."""
TOO_EARLY = Message("A recogniser hears a comparison once its names are shown and all is timed.")
DEFECT = Message("The recogniser failed, and the server's log says why. Press the button to try again.")
NOBODY_WAITED = Message("Nobody waited for the rest. Press the button to have it heard.")


class Hearing:
    """What all runs of a server are heard with.

    Args:
        queue: of the voice.
        runs: where tickets are looked up.
        language: of the checkpoint.
    """

    def __init__(self, queue: VoiceQueue, runs: Runs, language: str) -> None:
        self._queue = queue
        self._runs = runs
        self._language = language
        self._asking = threading.Lock()
        self._found: FoundRecogniser | None = None
        self._recogniser: Recogniser | None = None

    def offer(self, plan: Plan) -> HeardRun | None:
        """What a new run starts with; None where no words can be heard, or nobody looks."""
        if not plan.listenable or plan.for_program or self._language != LANGUAGE:
            return None
        return HeardRun(lacking())

    def hear(self, sent: Any) -> dict[str, object]:
        """Have a run heard, or say how far that is.

        Args:
            sent: what the page, or anybody, posted: the `ticket` of one of the run's samples, and `start`.

        Returns:
            `{"heard": view}`, or `{"problem": sentence}`.
        """
        try:
            posted = sent if isinstance(sent, dict) else {}
            run, _ = self._runs.card(posted.get("ticket"))
            heard = run.heard
            if heard is None or heard_view(run) is None:
                raise RatingsError(TOO_EARLY)
            heard.asked = time.monotonic()
            if posted.get("start") is True and not heard.lacking:
                self._start(run, heard)
        except DemoError as error:
            return {"problem": problem_of(error)}
        return {"heard": heard_view(run)}

    def _start(self, run: Run, heard: HeardRun) -> None:
        with self._asking:
            if heard.under_way or heard.phase == "done":
                return
            heard.phase, heard.problem = "opening", ""
        threading.Thread(target=self._find, args=(run, heard), name="recogniser", daemon=True).start()

    def _find(self, run: Run, heard: HeardRun) -> None:
        problem: str = DEFECT
        try:
            found = self._found = self._found or find_recogniser()
            heard.phase = "waiting"
            self._queue.submit(
                Job(
                    run.visitor,
                    self._steps(run, heard, found),
                    wanted=lambda: time.monotonic() < heard.asked + LEFT_S and self._runs.find(run.id) is run,
                    ended=lambda error: heard.fail(NOBODY_WAITED if error is None else DEFECT),
                    kind=Kind.TIMING,
                )
            )
            problem = ""
        except DemoError as error:
            problem = problem_of(error)
        finally:
            if problem:
                heard.fail(problem)

    def _steps(self, run: Run, heard: HeardRun, found: FoundRecogniser) -> Generator[Kind, None, None]:
        try:
            heard.phase = "hearing"
            if self._recogniser is None:
                self._recogniser = yield from _timing(open_in_parts(found))
            for card in run.cards:
                if card.index not in heard.samples:
                    samples, _ = read_wav(card.clip.audio)
                    parts = hear_in_parts(self._recogniser, card.sample.spoken_text, samples)
                    heard.samples[card.index] = yield from _timing(parts)
            heard.phase = "done"
        except DemoError as error:
            heard.fail(problem_of(error))


def _timing(parts: Generator[None, None, T]) -> Generator[Kind, None, T]:
    """The same parts as steps of the voice, behind everything that is to be heard by a visitor."""
    while True:
        try:
            next(parts)
        except StopIteration as over:
            found: T = over.value
            yield Kind.TIMING
            return found
        yield Kind.TIMING
