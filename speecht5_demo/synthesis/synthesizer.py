"""Text, speaker, variant and seed in; speech with honest timings out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import SynthesisCancelled, SynthesisError
from speecht5_demo.sizes import Sizes
from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis.engine import Engine, OnStep, StepLimits, Utterance
from speecht5_demo.synthesis.engine_cache import EngineCache
from speecht5_demo.synthesis.pieces import Stages, finite, pieces_of, request_of, speech_of, stages_of
from speecht5_demo.synthesis.plan import SpeechPlan, plan_speech, token_ids
from speecht5_demo.synthesis.speech import Latency, Speech
from speecht5_demo.synthesis.streaming import Piece, Samples, SpeechStream
from speecht5_demo.synthesis.threads import choose_threads
from speecht5_demo.synthesis.turns import GaveWay, Turns
from speecht5_demo.variants import Variant, find
from speecht5_demo.variants.artifact import variant_sizes

WARM_UP_STEPS = 8
MAX_REPEATS = 20
MAX_DISTURBED = 3
"""Repeats of a variant that may be thrown away; after that the voice is too busy to be timed."""


@dataclass(frozen=True)
class Progress:
    """Where a synthesis stands.

    Attributes:
        variant: name of the variant that is speaking.
        run: repeat under way, from 0.
        piece: piece of the text under way, from 0; an engine that speaks several at once counts them as one.
        pieces: pieces in all.
        step: decoder steps done in this piece.
        max_steps: its cap; most pieces end well before it.
    """

    variant: str
    run: int
    piece: int
    pieces: int
    step: int
    max_steps: int


OnProgress = Callable[[Progress], None]


class Synthesizer:
    """Speaks any variant of one checkpoint, one run at a time, so that nobody's latency is another's load.

    Args:
        checkpoint: where weights, tokenizer and speakers come from.
        capacity: engines kept in memory.
    """

    def __init__(self, checkpoint: Checkpoint, capacity: int = 8) -> None:
        self.checkpoint = checkpoint
        self._engines = EngineCache(checkpoint, capacity)
        self.turns = Turns()
        """Who speaks next; `turns.waiting` is how many wait."""
        self._sizes: dict[Variant, Sizes] = {}
        choose_threads(checkpoint)

    def speak(
        self,
        text: str,
        speaker: str | Speaker,
        variant: str | Variant = "baseline",
        seed: int = 0,
        repeats: int = 1,
        on_progress: OnProgress | None = None,
        cancelled: threading.Event | None = None,
    ) -> Speech:
        """Synthesize one text with one variant.

        Args:
            text: as written; numbers, symbols and the like are spoken out.
            speaker: a name the checkpoint knows, or any speaker.
            variant: a registered name, or any recipe.
            seed: of the dropout masks; the same seed gives all variants the same masks.
            repeats: timed runs, 1 to 20; the samples are those of the first.
            on_progress: called after every decoder step.
            cancelled: set it from another thread to stop at the next decoder step.

        Raises:
            TextError, SpeakerError, VariantError: an input is unusable.
            SynthesisCancelled: `cancelled` was set.
        """
        *_, speech = self.compare(text, speaker, [variant], seed, repeats, on_progress, cancelled)
        return speech

    def speak_by_piece(
        self,
        text: str,
        speaker: str | Speaker,
        variant: str | Variant = "baseline",
        seed: int = 0,
        on_progress: OnProgress | None = None,
        cancelled: threading.Event | None = None,
    ) -> Generator[list[Samples], None, Speech]:
        """As `speak`, once, with a pause wherever the engine is between two pieces: others may speak in it.

        Yields the pieces that were made since the last pause; together they are the beginning of the speech. No turn is
        held and no clock runs in a pause. Arguments and errors are those of `speak`.
        """
        recipe = find(variant)
        plan = plan_speech(self.checkpoint, text, speaker, seed)
        event = cancelled or threading.Event()
        spoken: list[Utterance] = []
        given = 0
        while len(spoken) < len(plan.pieces):
            if spoken:
                yield pieces_of(self.checkpoint, plan, recipe, spoken, given)
                given = len(spoken)
            with self.engine(recipe) as engine:
                spoken += self._group(engine, plan, len(spoken), recipe.name, 0, on_progress, event)
        return speech_of(self.checkpoint, plan, recipe, spoken, Latency.of([stages_of(spoken)]))

    def compare(
        self,
        text: str,
        speaker: str | Speaker,
        variants: Sequence[str | Variant],
        seed: int = 0,
        repeats: int = 1,
        on_progress: OnProgress | None = None,
        cancelled: threading.Event | None = None,
    ) -> Iterator[Speech]:
        """Speak one text with several variants, repeats interleaved.

        Yields each variant's speech as soon as its first run is done, in the order given, and again with a fuller
        latency after each further round; a later yield of a variant replaces the earlier one. Repeats run when nobody
        waits for a first run, and begin again when somebody came in the middle; under a steady rush they end early.
        Arguments and errors are those of `speak`.
        """
        if not 1 <= repeats <= MAX_REPEATS:
            raise SynthesisError(f"Cannot time {repeats} repeats: choose 1 to {MAX_REPEATS}.")
        chosen = [find(variant) for variant in variants]
        if len({variant.name for variant in chosen}) < len(chosen) or not chosen:
            raise SynthesisError("Choose at least one variant, each only once.")
        plan = plan_speech(self.checkpoint, text, speaker, seed)
        return self._rounds(plan, chosen, repeats, on_progress, cancelled or threading.Event())

    def stream(
        self,
        text: str,
        speaker: str | Speaker,
        variant: str | Variant = "turbo-int8",
        seed: int = 0,
        on_progress: OnProgress | None = None,
        cancelled: threading.Event | None = None,
    ) -> SpeechStream:
        """Synthesize one text and hand out its samples as they are made; they are those that `speak` returns.

        A variant that does not stream gives each piece of the text only when it is whole. Arguments and errors are
        those of `speak`; errors of the run itself come from the iteration.
        """
        recipe = find(variant)
        plan = plan_speech(self.checkpoint, text, speaker, seed)
        with self.engine(recipe) as ready:
            engine = ready
        event = cancelled or threading.Event()
        pieces = [
            self._stream_piece(engine, plan, index, recipe.name, on_progress, event)
            for index in range(len(plan.pieces))
        ]

        def whole(spoken: list[Utterance], samples: Samples) -> Speech:
            return speech_of(self.checkpoint, plan, recipe, spoken, Latency.of([stages_of(spoken)]), samples)

        rate = self.checkpoint.vocoder_config.sampling_rate
        return SpeechStream(pieces, [piece.pause_after_s for piece in plan.pieces], rate, whole)

    def sizes(self, variant: str | Variant) -> Sizes:
        """Bytes and parameters of a variant, of files that were really saved; measured once, when first asked for."""
        recipe = find(variant)
        if recipe not in self._sizes:
            self._sizes[recipe] = variant_sizes(self.checkpoint, recipe)
        return self._sizes[recipe]

    def is_built(self, variant: str | Variant) -> bool:
        """Whether a variant is in memory and needs no time to be built."""
        return find(variant) in self._engines

    def build(self, variant: str | Variant) -> None:
        """Build a variant without a turn: others speak meanwhile.

        Raises:
            VariantError, CheckpointError: it cannot be built.
        """
        self._engines.build(find(variant))

    def warm_up(self, variant: str | Variant = "baseline") -> None:
        """Build a variant and let it speak a few frames, so that the first user does not pay for it."""
        with self.engine(variant):
            pass

    @contextmanager
    def engine(self, variant: str | Variant, background: bool = False) -> Iterator[Engine]:
        """The variant's engine, warm, and the turn to use it: nobody else speaks inside the block.

        With `background` the turn comes when nobody else waits, and the block calls `turns.give_way` between steps.
        """
        with self.turns.take(background):
            yield self._ready(find(variant))

    def _rounds(
        self,
        plan: SpeechPlan,
        variants: list[Variant],
        repeats: int,
        on_progress: OnProgress | None,
        cancelled: threading.Event,
    ) -> Iterator[Speech]:
        first: dict[str, Speech] = {}
        stages: dict[str, list[Stages]] = {variant.name: [] for variant in variants}
        disturbed = dict.fromkeys(stages, 0)
        for run in range(repeats):
            for variant in variants:
                spoken = None
                while spoken is None:
                    spoken = self._turn(plan, variant, run, on_progress, cancelled)
                    disturbed[variant.name] += spoken is None
                    if disturbed[variant.name] > MAX_DISTURBED:
                        return
                stages[variant.name].append(stages_of(spoken))
                latency = Latency.of(stages[variant.name], disturbed[variant.name])
                if run == 0:
                    first[variant.name] = speech_of(self.checkpoint, plan, variant, spoken, latency)
                yield replace(first[variant.name], latency=latency)

    def _turn(
        self,
        plan: SpeechPlan,
        variant: Variant,
        run: int,
        on_progress: OnProgress | None,
        cancelled: threading.Event,
    ) -> list[Utterance] | None:
        """One run; None for a repeat that gave way to somebody who waits to hear something."""
        repeat = run > 0
        try:
            with self.turns.take(background=repeat):
                engine = self._ready(variant)
                return self._run(engine, plan, variant.name, run, on_progress, cancelled)
        except GaveWay:
            return None

    def _ready(self, variant: Variant) -> Engine:
        engine, cold = self._engines.get(variant)
        if cold:
            limits = StepLimits(max_steps=WARM_UP_STEPS, min_steps=WARM_UP_STEPS)
            speaker = torch.ones(1, self.checkpoint.vector_size)
            engine.speak(token_ids(self.checkpoint, "hello there."), speaker, engine.new_masks(0), limits)
        return engine

    def _run(
        self,
        engine: Engine,
        plan: SpeechPlan,
        variant: str,
        run: int,
        on_progress: OnProgress | None,
        cancelled: threading.Event,
    ) -> list[Utterance]:
        spoken: list[Utterance] = []
        while len(spoken) < len(plan.pieces):
            spoken += self._group(engine, plan, len(spoken), variant, run, on_progress, cancelled)
        return spoken

    def _group(
        self,
        engine: Engine,
        plan: SpeechPlan,
        first: int,
        variant: str,
        run: int,
        on_progress: OnProgress | None,
        cancelled: threading.Event,
    ) -> list[Utterance]:
        """As many pieces from `first` on as the engine speaks at once."""
        size = engine.abilities.batch
        group, groups = plan.pieces[first : first + size], -(-len(plan.pieces) // size)
        cap = max(piece.limits.max_steps for piece in group)
        report = _reporter(Progress(variant, run, first // size, groups, 0, cap), on_progress, cancelled)
        on_step = _giving_way(self.turns, report) if run else report
        return engine.speak_batch([request_of(engine, plan, piece) for piece in group], on_step)

    def _stream_piece(
        self,
        engine: Engine,
        plan: SpeechPlan,
        index: int,
        variant: str,
        on_progress: OnProgress | None,
        cancelled: threading.Event,
    ) -> Piece:
        """One piece as it is made. The turn is held for a chunk at a time, so that a slow listener keeps nobody."""
        piece = plan.pieces[index]
        request = request_of(engine, plan, piece)
        progress = Progress(variant, 0, index, len(plan.pieces), 0, piece.limits.max_steps)
        on_step = _reporter(progress, on_progress, cancelled)
        stream = engine.stream(request.tokens, request.speaker, request.masks, request.limits, on_step)
        while True:
            try:
                with self.turns.take():
                    samples = next(stream)
            except StopIteration as end:
                whole: Utterance = end.value
                return whole
            yield finite(np.asarray(samples, dtype=np.float32), variant)


def _reporter(start: Progress, on_progress: OnProgress | None, cancelled: threading.Event) -> OnStep:
    """What an engine calls with its steps: passes them on, and ends the run once it is cancelled."""

    def on_step(step: int) -> None:
        if cancelled.is_set():
            raise SynthesisCancelled("Stopped before the speech was complete; press Speak to start again.")
        if on_progress is not None:
            on_progress(replace(start, step=step))

    return on_step


def _giving_way(turns: Turns, on_step: OnStep) -> OnStep:
    """The same, and an end of the run when somebody else waits."""

    def give_way_or_go_on(step: int) -> None:
        turns.give_way()
        on_step(step)

    return give_way_or_go_on
