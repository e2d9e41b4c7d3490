"""One run from waiting to done, as the steps that the voice makes for it, one at a time and in turn with others'.

Each `next` makes one step and says of what kind the following one is. No lock is held between two steps.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from speecht5_demo.errors import DemoError, SynthesisCancelled, VariantError
from speecht5_demo.messages import Message
from speecht5_demo.synthesis import Latency, Progress, Speech, Synthesizer, first_audio_s, plan_speech
from speecht5_demo.synthesis.streaming import Samples
from speecht5_demo.ui.compare.cards import Card, Sample
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.in_step import speak_in_step
from speecht5_demo.ui.compare.live import LiveSample, LiveStreams
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.compare.reveal_pacing import RevealPacing, RuntimeEstimate
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.voice_queue import Kind, Step
from speecht5_demo.variants import Variant

Result = TypeVar("Result")

QUICK_S = 0.2
"""Preparing that took less than this is no step of its own."""
SLICE_S = 0.5
"""Seconds of the voice after which a sample that is played while it is made lets others speak."""
LOOK_S = 0.02
MOST_DISTURBED = 6
"""Timed runs that are thrown away before timing ends with what it has."""
TIMING_LIMIT_S = 120.0


class EitherEvent(threading.Event):
    """Set when one of the others is."""

    def __init__(self, *others: threading.Event) -> None:
        super().__init__()
        self._others = others

    def is_set(self) -> bool:
        """Whether any of them is."""
        return any(other.is_set() for other in self._others)


@dataclass(frozen=True)
class Speaking:
    """What a run is spoken with.

    Attributes:
        synthesizer: speaks.
        clips: keeps samples as files.
        streams: keeps samples that are played while they are made.
        estimate: what variants usually need.
        builder, measurer: build recipes and measure their sizes, one at a time, beside the voice.
    """

    synthesizer: Synthesizer
    clips: ClipCache
    streams: LiveStreams
    estimate: RuntimeEstimate
    builder: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "builder"))
    measurer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "measurer"))

    def steps(self, run: Run, interrupt: threading.Event) -> Generator[Step, None, None]:
        """Prepare, speak every variant once, measure sizes and the wait for first audio, time the repeats.

        Args:
            run: what to speak; notified of everything as it happens.
            interrupt: set while a step that is no audio should make way.
        """
        try:
            yield from self._prepare(run)
            if self._grows_in_step(run):
                yield from self._samples_in_step(run)
            else:
                yield from self._samples(run)
            yield from self._sizes(run)
            yield from self._first_audio(run, interrupt)
            yield from self._repeats(run, interrupt)
            run.end("done")
        except SynthesisCancelled:
            run.end("stopped")
        except DemoError as error:
            run.end("stopped", problem_of(error))

    def _prepare(self, run: Run) -> Generator[Step, None, None]:
        """Build every variant first: building is nobody's latency, and a recipe that fails does so at once.

        A full-size recipe takes seconds to build.
        """
        run.phase = "preparing"
        for variant in run.plan.variants:
            _check_cancelled(run)
            begun = time.monotonic()
            try:
                if not self.synthesizer.is_built(variant):
                    yield from _done_elsewhere(self.builder.submit(self.synthesizer.build, variant))
                self.synthesizer.warm_up(variant)
            except VariantError as error:
                run.leave_out(variant, problem_of(error))
            if time.monotonic() - begun > QUICK_S:
                yield Kind.AUDIO
        run.phase = "speaking"

    def _grows_in_step(self, run: Run) -> bool:
        """Whether the samples of a blind run are heard from the first piece on: its text has several."""
        plan = run.plan
        if not plan.blind or plan.pairs or plan.for_program or run.kept:
            return False
        pieces = plan_speech(self.synthesizer.checkpoint, plan.text, plan.speaker, plan.seed).pieces
        run.pieces = len(pieces)
        run.in_step = len(pieces) > 1
        return run.in_step

    def _samples_in_step(self, run: Run) -> Generator[Kind, None, None]:
        plan = run.plan
        run.each_s = self.estimate.seconds(plan.variants, len(plan.spoken_text))
        run.speaking_since = time.monotonic()
        speeches = yield from speak_in_step(
            run,
            lambda variant: self.synthesizer.speak_by_piece(
                plan.text, plan.speaker, variant, plan.seed, cancelled=run.cancel
            ),
            self.streams,
            self.synthesizer.checkpoint.vocoder_config.sampling_rate,
        )
        clips = [self.clips.store(speech) for speech in speeches]
        for index, (variant, speech, clip) in enumerate(zip(run.order, speeches, clips, strict=True)):
            self.estimate.learn(speech)
            run.complete(Card(index, variant, Sample.of(speech), clip, math.inf))
        run.show_all()
        run.phase = "measuring"
        yield Kind.TIMING

    def _samples(self, run: Run) -> Generator[Kind, None, None]:
        plan = run.plan
        interval = self.estimate.interval(plan.variants, len(plan.spoken_text))
        run.each_s = interval if plan.blind else self.estimate.seconds(plan.variants, len(plan.spoken_text))
        run.speaking_since = time.monotonic()
        pacing = RevealPacing(interval, run.speaking_since)
        last = len(run.order) - 1

        def on_progress(progress: Progress) -> None:
            run.part = (progress.piece, progress.pieces)

        for index, variant in enumerate(run.order):
            if variant.name in run.kept:
                card = run.kept[variant.name]
                run.complete(card.again(index, self.clips.copy(card.clip)))
                if index == last:
                    run.show_all()
                    run.phase = "measuring"
                    yield Kind.TIMING
                continue
            if run.may_play_live(variant):
                yield from self._play_live(run, variant)
                yield Kind.AUDIO
            _check_cancelled(run)
            speaking = self.synthesizer.speak_by_piece(
                plan.text,
                plan.speaker,
                variant,
                plan.seed,
                on_progress=None if plan.blind else on_progress,
                cancelled=run.cancel,
            )
            speech = yield from self._in_turn(run, variant, speaking)
            run.part = (0, 1)
            self.estimate.learn(speech)
            clip = self.clips.store(speech, as_it_is=plan.for_program)
            made = time.monotonic()
            shown_at = pacing.moment(made, index == last) if plan.blind else made
            run.complete(Card(index, variant, Sample.of(speech), clip, shown_at))
            if index == last:
                run.show_all()
                run.phase = "measuring"
            yield Kind.TIMING if index == last else Kind.AUDIO

    def _in_turn(
        self, run: Run, variant: Variant, speaking: Generator[list[Samples], None, Speech]
    ) -> Generator[Kind, None, Speech]:
        """Speak a sample in steps of some pieces: a long text keeps the others waiting no longer than a short one.

        Where no name is hidden the page plays what there is from the first piece on.
        """
        early = (
            run.plan.listenable and not run.plan.blind and not run.plan.for_program and not variant.streams
        )
        audio, given = None, 0
        try:
            while True:
                try:
                    samples = np.concatenate(next(speaking))
                except StopIteration as end:
                    speech: Speech = end.value
                    if audio is not None:
                        audio.add(speech.samples[given:])
                    return speech
                if early and audio is None:
                    rate = self.synthesizer.checkpoint.vocoder_config.sampling_rate
                    token, audio = self.streams.open(rate)
                    run.lives = (LiveSample(len(run.made), variant, token),)
                if audio is not None:
                    audio.add(samples)
                    given += len(samples)
                yield Kind.AUDIO
        finally:
            if audio is not None:
                audio.close()

    def _play_live(self, run: Run, variant: Variant) -> Generator[Kind, None, None]:
        """Let the page play a variant while it is made; whoever else waits is served after some chunks.

        What is kept, rated and timed is the run that follows: chunks cost more than the whole, and in bfloat16 their
        last digit depends on their length.
        """
        plan = run.plan
        stream = self.synthesizer.stream(plan.text, plan.speaker, variant, plan.seed, cancelled=run.cancel)
        token, audio = self.streams.open(stream.sampling_rate)
        run.lives = (LiveSample(len(run.made), variant, token),)
        begun = time.monotonic()
        try:
            for chunk in stream:
                audio.add(chunk)
                if time.monotonic() - begun > SLICE_S:
                    yield Kind.AUDIO
                    begun = time.monotonic()
        finally:
            audio.close()
            stream.close()

    def _sizes(self, run: Run) -> Generator[Step, None, None]:
        """Saving a full-size recipe takes most of a minute."""
        for card in run.made:
            _check_cancelled(run)
            measuring = self.measurer.submit(self.synthesizer.sizes, card.variant)
            card.sizes = yield from _done_elsewhere(measuring)

    def _first_audio(self, run: Run, interrupt: threading.Event) -> Generator[Kind, None, None]:
        plan = run.plan
        for card in run.made:
            _check_cancelled(run)
            card.first_audio_s = first_audio_s(
                self.synthesizer,
                plan.text,
                plan.speaker,
                card.variant,
                plan.seed,
                lambda: not run.cancel.is_set() and not interrupt.is_set(),
            )
            if card.first_audio_s is not None:
                yield Kind.TIMING

    def _repeats(self, run: Run, interrupt: threading.Event) -> Generator[Kind, None, None]:
        """Time further rounds, while nobody waits to hear something; a run that was disturbed is thrown away."""
        plan = run.plan
        cards = {card.variant.name: card for card in run.made}
        stages = {name: [_stages(card.sample.latency)] for name, card in cards.items()}
        until = time.monotonic() + TIMING_LIMIT_S
        for _ in range(plan.repeats - 1):
            for variant in run.order:
                while True:
                    _check_cancelled(run)
                    if run.disturbed >= MOST_DISTURBED or time.monotonic() > until:
                        return
                    try:
                        speech = self.synthesizer.speak(
                            plan.text,
                            plan.speaker,
                            variant,
                            plan.seed,
                            cancelled=EitherEvent(run.cancel, interrupt),
                        )
                    except SynthesisCancelled:
                        if run.cancel.is_set():
                            raise
                        run.disturbed += 1
                        yield Kind.TIMING
                        continue
                    break
                stages[variant.name].append(_stages(speech.latency))
                card = cards[variant.name]
                card.sample = replace(card.sample, latency=Latency.of(stages[variant.name]))
                run.runs_done += 1
                yield Kind.TIMING


def _done_elsewhere(work: Future[Result]) -> Generator[Step, None, Result]:
    """What the work comes to; while it lasts, the voice is others'."""
    if not wait([work], LOOK_S).done:
        yield work
    return work.result()


def _check_cancelled(run: Run) -> None:
    if run.cancel.is_set():
        raise SynthesisCancelled(
            Message("Stopped before all samples were complete; press Speak to start again.")
        )


def _stages(latency: Latency) -> tuple[float, float, float]:
    """Of one timed run."""
    return latency.encode, latency.decode, latency.vocode
