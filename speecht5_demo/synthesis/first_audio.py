"""Time to first audio: what a listener waits before the first samples can be played."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis.pieces import request_of
from speecht5_demo.synthesis.plan import plan_speech
from speecht5_demo.synthesis.synthesizer import Synthesizer
from speecht5_demo.variants import Variant, find

RUNS = 3


def first_audio_s(
    synthesizer: Synthesizer,
    text: str,
    speaker: str | Speaker,
    variant: str | Variant,
    seed: int = 0,
    go_on: Callable[[], bool] = lambda: True,
) -> float | None:
    """Seconds of the model until the first chunk of a stream, the median of three; waiting for a turn is left out.

    None for a variant that does not stream: there it is the whole latency.

    Args:
        synthesizer, text, speaker, variant, seed: as `Synthesizer.speak`.
        go_on: asked before each run; False ends the measurement with what there is.
    """
    recipe = find(variant)
    if not recipe.streams:
        return None
    plan = plan_speech(synthesizer.checkpoint, text, speaker, seed)
    seconds: list[float] = []
    for _ in range(RUNS):
        if not go_on():
            break
        with synthesizer.engine(recipe) as engine:
            request = request_of(engine, plan, plan.pieces[0])
            begin = time.perf_counter()
            stream = engine.stream(request.tokens, request.speaker, request.masks, request.limits)
            next(stream)
            seconds.append(time.perf_counter() - begin)
            stream.close()
    return median(seconds) if seconds else None
