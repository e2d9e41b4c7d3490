"""One run from waiting to done. A generator: it yields whenever the page may be told something new.

It holds no lock while it yields, so a visitor who closes the page in the middle leaves nothing locked behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from speecht5_demo.errors import DemoError, SynthesisCancelled
from speecht5_demo.synthesis import Speech, Synthesizer, first_audio_s
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.live import LiveSample, LiveStreams
from speecht5_demo.ui.compare.reveal_pacing import RevealPacing, RuntimeEstimate
from speecht5_demo.ui.compare.runs import Card, Run, Sample
from speecht5_demo.variants import Variant


def speak(
    run: Run, synthesizer: Synthesizer, clips: ClipCache, streams: LiveStreams, estimate: RuntimeEstimate
) -> Iterator[None]:
    """Prepare, speak every variant once, measure the sizes and the wait for first audio, time the repeats."""
    try:
        yield from _prepare(run, synthesizer)
        plan = run.plan
        speeches = synthesizer.compare(
            plan.text, plan.speaker, run.order, plan.seed, plan.repeats, cancelled=run.cancel
        )
        yield from _first_samples(run, speeches, synthesizer, clips, streams, estimate)
        yield from _sizes(run, synthesizer)
        yield from _first_audio(run, synthesizer)
        yield from _repeats(run, speeches)
        run.phase = "done"
    except SynthesisCancelled:
        run.phase = "stopped"
    except DemoError as error:
        run.phase = "stopped"
        run.problem = str(error)
    finally:
        run.live = None
    yield


def _check_cancelled(run: Run) -> None:
    if run.cancel.is_set():
        raise SynthesisCancelled("Stopped before all samples were complete; press Speak to start again.")


def _prepare(run: Run, synthesizer: Synthesizer) -> Iterator[None]:
    """Build every variant first: building is nobody's latency, and a recipe that fails does so at once."""
    run.phase = "preparing"
    yield
    for variant in run.plan.variants:
        _check_cancelled(run)
        synthesizer.warm_up(variant)
    run.phase = "speaking"
    yield


def _first_samples(
    run: Run,
    speeches: Iterator[Speech],
    synthesizer: Synthesizer,
    clips: ClipCache,
    streams: LiveStreams,
    estimate: RuntimeEstimate,
) -> Iterator[None]:
    pacing = RevealPacing(estimate.interval(run.plan.variants, len(run.plan.spoken_text)), run.cancel)
    for variant in run.order:
        if run.may_play_live(variant):
            yield from _live(run, variant, synthesizer, streams)
        speech = next(speeches)
        estimate.learn(speech)
        clip = clips.store(speech)
        if run.plan.blind:
            pacing.wait()
        run.complete(Card(len(run.cards), variant, Sample.of(speech), clip))
        if len(run.cards) == len(run.order):
            run.phase = "measuring"
        yield
        _check_cancelled(run)


def _live(run: Run, variant: Variant, synthesizer: Synthesizer, streams: LiveStreams) -> Iterator[None]:
    """Let the page play a variant while it is made; it is told before the first chunk, and asks while that is made.

    What is kept, rated and timed is the run that follows: chunks cost more than the whole, and in bfloat16 their last
    digit depends on their length.
    """
    plan = run.plan
    stream = synthesizer.stream(plan.text, plan.speaker, variant, plan.seed, cancelled=run.cancel)
    token, audio = streams.open(stream.sampling_rate)
    run.live = LiveSample(len(run.cards), variant, token)
    try:
        yield
        for chunk in stream:
            audio.add(chunk)
    finally:
        audio.close()
        stream.close()


def _sizes(run: Run, synthesizer: Synthesizer) -> Iterator[None]:
    for card in run.cards:
        _check_cancelled(run)
        card.sizes = synthesizer.sizes(card.variant)
        if run.revealed:
            yield


def _first_audio(run: Run, synthesizer: Synthesizer) -> Iterator[None]:
    plan = run.plan
    for card in run.cards:
        _check_cancelled(run)
        card.first_audio_s = first_audio_s(
            synthesizer, plan.text, plan.speaker, card.variant, plan.seed, lambda: not run.cancel.is_set()
        )
        if run.revealed:
            yield


def _repeats(run: Run, speeches: Iterator[Speech]) -> Iterator[None]:
    """Time the further rounds. While a run is blind the page hears nothing of them: their pace would tell."""
    for speech in speeches:
        card = next(card for card in run.cards if card.variant.name == speech.variant)
        card.sample = replace(card.sample, latency=speech.latency)
        run.runs_done += 1
        if run.revealed:
            yield
