"""Many texts by one variant, in batches where its engine can: each comes out as it would alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis.engine import Utterance
from speecht5_demo.synthesis.pieces import request_of, speech_of, stages_of
from speecht5_demo.synthesis.plan import plan_speech
from speecht5_demo.synthesis.speech import Latency, Speech
from speecht5_demo.synthesis.synthesizer import Synthesizer
from speecht5_demo.synthesis.turns import GaveWay
from speecht5_demo.variants import Variant, find


@dataclass(frozen=True)
class Line:
    """One text to speak; see `Synthesizer.speak` for what the fields are."""

    text: str
    speaker: str | Speaker
    seed: int = 0


def speak_many(
    synthesizer: Synthesizer,
    lines: Sequence[Line],
    variant: str | Variant,
    background: bool = False,
) -> Iterator[Speech]:
    """Speak many texts and yield each speech, in the order given, as soon as its batch is done.

    The latency of a speech is its share of its batch: a throughput, not what one listener would wait. The turn is held
    for a batch at a time; with `background` it comes when nobody else waits, and a batch in which somebody comes is
    thrown away and spoken again.

    Raises:
        TextError, SpeakerError, VariantError: an input is unusable; before anything is spoken.
    """
    recipe = find(variant)
    checkpoint = synthesizer.checkpoint

    def on_step(_: int) -> None:
        if background:
            synthesizer.turns.give_way()

    plans = [plan_speech(checkpoint, line.text, line.speaker, line.seed) for line in lines]
    pieces = deque((plan, piece) for plan in plans for piece in plan.pieces)
    spoken: deque[Utterance] = deque()
    most = len(pieces)
    for plan in plans:
        while len(spoken) < len(plan.pieces):
            try:
                with synthesizer.engine(recipe, background) as engine:
                    batch = list(islice(pieces, min(most, engine.abilities.batch)))
                    spoken += engine.speak_batch([request_of(engine, *work) for work in batch], on_step)
            except GaveWay:
                most = max(1, len(batch) // 2)  # less is lost the next time somebody comes
                continue
            for _ in batch:
                pieces.popleft()
        own = [spoken.popleft() for _ in plan.pieces]
        yield speech_of(checkpoint, plan, recipe, own, Latency.of([stages_of(own)]))
