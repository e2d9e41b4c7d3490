"""Somebody who waits to hear something comes before what runs behind the page."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from speecht5_demo.checkpoints import Checkpoint, SpeakingLimits
from speecht5_demo.synthesis import Line, Progress, Synthesizer, speak_many
from speecht5_demo.synthesis.turns import GaveWay, Turns


@pytest.fixture
def synthesizer(tiny: Checkpoint) -> Synthesizer:
    """Speaks forty steps for each token, so that there is a middle in which to give way."""
    return Synthesizer(replace(tiny, limits=SpeakingLimits(180, 20, steps_per_token=40)))


def until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_turns_come_in_order_and_background_after_all_others() -> None:
    turns, order = Turns(), []

    def want(name: str, background: bool) -> threading.Thread:
        def use() -> None:
            with turns.take(background):
                order.append(name)

        thread = threading.Thread(target=use)
        thread.start()
        return thread

    with turns.take():
        threads = [want("timing", True)]
        for waiting, name in enumerate(("ada", "ben"), start=1):
            threads.append(want(name, False))
            until(lambda expected=waiting: turns.waiting == expected)
        with pytest.raises(GaveWay):
            turns.give_way()
    for thread in threads:
        thread.join(60)
    assert order == ["ada", "ben", "timing"]
    turns.give_way()


def test_a_repeat_gives_way_to_a_visitor_and_is_counted_and_done_again(synthesizer: Synthesizer) -> None:
    heard = []
    visitor = threading.Thread(target=lambda: heard.append(synthesizer.speak("Hello.", "random", "turbo")))

    def on_progress(progress: Progress) -> None:
        if progress.run == 1 and visitor.ident is None:
            visitor.start()
            until(lambda: synthesizer.turns.waiting == 1)

    *_, speech = synthesizer.compare("Oh.", "random", ["turbo"], repeats=3, on_progress=on_progress)
    visitor.join(60)
    assert len(heard) == 1
    assert len(speech.latency.runs) == 3
    assert speech.latency.disturbed == 1


def test_a_batch_behind_the_page_gives_way_and_says_the_same(synthesizer: Synthesizer) -> None:
    lines = [Line("Oh.", "random", seed) for seed in range(10)]
    alone = [speech.samples for speech in speak_many(synthesizer, lines, "turbo")]

    def visit() -> None:
        for _ in range(5):
            synthesizer.speak("Hi.", "random", "turbo")
            time.sleep(0.02)

    visitor = threading.Thread(target=visit)
    visitor.start()
    beside = [speech.samples for speech in speak_many(synthesizer, lines, "turbo", background=True)]
    visitor.join(60)
    for one, other in zip(alone, beside, strict=True):  # to the rounding of another company in the batch
        assert np.abs(one - other).max() < 1e-3
