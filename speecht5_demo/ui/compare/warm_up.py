"""The voice speaks once before anybody asks, so that the first visitor does not wait for weights to be read."""

from __future__ import annotations

import threading
from collections.abc import Generator

from speecht5_demo.errors import SynthesisCancelled
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.reveal_pacing import RuntimeEstimate
from speecht5_demo.ui.compare.voice_queue import Kind, Step

SENTENCE = "Hello there, this is a short sentence to warm up the voice."


def warm_up_steps(
    synthesizer: Synthesizer,
    estimate: RuntimeEstimate,
    variants: tuple[str, ...],
    interrupt: threading.Event,
) -> Generator[Step, None, None]:
    """Load the weights and let variants speak once, while no visitor waits."""
    for variant in variants:
        synthesizer.warm_up(variant)
        yield Kind.BACKGROUND
        speech = None
        while speech is None:
            try:
                speech = synthesizer.speak(
                    SENTENCE, synthesizer.checkpoint.speaker(), variant, cancelled=interrupt
                )
            except SynthesisCancelled:
                yield Kind.BACKGROUND  # a visitor goes first
        estimate.learn(speech)
        yield Kind.BACKGROUND
        synthesizer.sizes(variant)
        yield Kind.BACKGROUND
