"""What the page's events call: start a run, speak it, stop it, rate a card. No widget is known here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from speecht5_demo.errors import DemoError
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.live import LiveStreams
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice, make_plan, preselected
from speecht5_demo.ui.compare.rating import rate
from speecht5_demo.ui.compare.reveal_pacing import RuntimeEstimate
from speecht5_demo.ui.compare.runs import Run, Runs
from speecht5_demo.ui.compare.speaking import speak
from speecht5_demo.ui.context import AppContext

DEFECT = "Something went wrong on the server, and its log says what. Press Speak to try again."
FULL = "Too many visitors are waiting for the voice. Press Speak again in a moment."
WARM_UP_SENTENCE = "Hello there, this is a short sentence to warm up the voice."


class CompareService:
    """One server's comparisons."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.clips = ClipCache()
        self.streams = LiveStreams()
        self._runs = Runs()
        self._estimate = RuntimeEstimate()
        self._warm = threading.Event()

    def warm_up_in_background(self) -> None:
        """Load the weights and let the preselected variants speak once: no visitor waits for that."""
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def _warm_up(self) -> None:
        try:
            synthesizer, checkpoint = self.context.synthesizer, self.context.checkpoint
            for speech in synthesizer.compare(
                WARM_UP_SENTENCE, checkpoint.speaker(), preselected(checkpoint)
            ):
                self._estimate.learn(speech)
                synthesizer.sizes(speech.variant)
        except DemoError as error:
            print(f"Warm-up failed: {error}", flush=True)
        finally:
            self._warm.set()

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
        session: str | None,
    ) -> Run:
        """Check what the page sent and open a run.

        Raises:
            DemoError: an input is unusable.
        """
        plan = make_plan(
            self.context.checkpoint,
            text=text,
            voice=voice,
            seed=seed,
            variants=variants,
            own=own,
            repeats=repeats,
            blind=blind,
        )
        return self._runs.add(plan, session)

    def speak(self, run_id: object) -> Iterator[Run]:
        """The run, whenever its page may be told something new; nothing for one unknown or spoken before."""
        run = self._runs.find(run_id)
        if run is None or not run.claim():
            return
        try:
            if not self._warm.is_set():
                run.phase = "loading"
                yield run
            while not self._warm.wait(0.1) and not run.cancel.is_set():
                pass
            for _ in speak(run, self.context.synthesizer, self.clips, self.streams, self._estimate):
                yield run
        finally:
            if not run.over:
                run.phase, run.problem = "stopped", DEFECT

    def find(self, run_id: object) -> Run | None:
        """The run of that id, if it is still known."""
        return self._runs.find(run_id)

    def wait_until_warm(self) -> None:
        """Return when nothing is loading any more: loading would be in the way of timing."""
        self._warm.wait()

    def stop(self, run_id: object) -> None:
        """Stop a run at its next decoder step; one that still waits for its turn is over at once."""
        run = self._runs.find(run_id)
        if run is not None:
            run.cancel.set()
            if run.claim():
                run.phase = "stopped"

    def turn_away(self, run_id: object) -> None:
        """The queue had no place for a run: it is over before it spoke."""
        run = self._runs.find(run_id)
        if run is not None and run.claim():
            run.phase, run.problem = "stopped", FULL

    def leave(self, session: str | None) -> None:
        """The visitor closed the page."""
        self._runs.leave(session)

    def rate(self, sent: Any) -> dict[str, Any]:
        """Keep one rating; see `rating.rate`."""
        return rate(self._runs, self.context.ratings, sent)
