"""Many at once: visitors beside one who floods the voice, and listeners of a study beside those who speak."""

from __future__ import annotations

import random
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.attack.client import Client, PageVisitor, at_once
from tests.attack.target import FULL, SENTENCE, TWO, Outcome, Target
from tests.support.listener import Listener

OTHERS = 9
SHORT = "Go."
"""What is spoken where times are not judged."""
HEARING_S = 6.0
"""What a person takes at least to hear two samples of a sentence and to write the next one."""


def queue_flood(target: Target, scale: float) -> Outcome:
    """Ten visitors of whom one floods: long texts, recipes of its own, and posts from sessions of nobody."""
    rounds = max(1, round(3 * scale))
    said = SENTENCE if scale >= FULL else SHORT
    quiet = [max(first_sounds(target, 2, said)) for _ in range(2 * rounds)]
    with flooded(target, round(400 * scale), length=40 if scale >= FULL else 10) as let_in:
        coming = as_people_come(target, rounds, said)
        together = [seconds for _ in range(rounds) for seconds in first_sounds(target, OTHERS, said)]
    usual, of_each = statistics.median(quiet), sorted(statistics.median(each) for each in coming if each)
    served = sum(map(len, coming)) == len(together) == OTHERS * rounds
    return Outcome(
        f"ten visitors of whom one floods the queue ({round(400 * scale)} posts, {sum(let_in)} let in)",
        "all are served, and each other one usually hears within twice what the second of two visitors waits",
        f"first sound for the second of two visitors: {usual:.2f} s (slowest {max(quiet):.2f} s); beside the flood, as "
        f"people come, for the nine: {of_each[0]:.2f} to {of_each[-1]:.2f} s (slowest of {rounds} visits each "
        f"{max(map(max, coming)):.2f} s); all nine pressing in one moment: median {statistics.median(together):.2f} s, "
        f"slowest {max(together):.2f} s",
        served and (scale < FULL or of_each[-1] <= 2 * usual),
    )


@contextmanager
def flooded(target: Target, posts: int, length: int) -> Iterator[list[bool]]:
    """Somebody posts to Gradio's queue, as quickly as it is answered; yields what was let in.

    Args:
        length: of the longest texts, in sentences.
    """
    flooder = Client(target.url, "127.0.0.66")
    compare, follow = flooder.event("compare"), flooder.event("follow")
    over, let_in = threading.Event(), list[bool]()

    def flood() -> None:
        page = PageVisitor(target.url, "127.0.0.66")
        for number in range(posts):
            if over.is_set():
                break
            if number % 3:
                flooder.session = page.session = secrets.token_hex(6)
            if number % 5 == 4:  # recipes that nobody has built, of a long text
                view = page.press(
                    SENTENCE * (length // 5), TWO, own=True, amount=number % 90, blind=number % 2 == 0
                )
                let_in.append(view.get("run") is not None)
                continue
            event, data = ((compare, [SENTENCE * length, TWO, "am_michael", number, 10]), (follow, [None]))[
                number % 2
            ]
            let_in.append(flooder.join(event, data).status == 200)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield let_in
    finally:
        over.set()
        thread.join()


def first_sounds(target: Target, visitors: int, said: str) -> list[float]:
    """Seconds to each visitor's first sample, all pressing at once."""

    def visit(number: int) -> Callable[[], float | None]:
        visitor = PageVisitor(target.url, f"127.0.0.{10 + number}")
        return lambda: visitor.speak(f"{said} Number {number}.", TWO)[0]

    return [seconds for seconds in at_once(*map(visit, range(visitors))) if seconds is not None]


def as_people_come(target: Target, rounds: int, said: str) -> list[list[float]]:
    """Seconds to each first sample of nine visitors, who listen to what they asked for before they ask again."""

    def visit(number: int) -> Callable[[], list[float | None]]:
        visitor = PageVisitor(target.url, f"127.0.0.{10 + number}")
        chance = random.Random(number)

        def stay() -> list[float | None]:
            found = []
            for turn in range(rounds):
                time.sleep(HEARING_S * (1 + chance.random() if turn else number / OTHERS))
                found.append(visitor.speak(f"{said} Number {number}.", TWO)[0])
            return found

        return stay

    visits = at_once(*map(visit, range(OTHERS)))
    return [[seconds for seconds in each if seconds is not None] for each in visits]


def many_listeners(target: Target, scale: float) -> Outcome:
    """Listeners of the study beside visitors who let the voice speak without a pause."""
    count, seconds = max(8, round(200 * scale)), max(10.0, 300 * scale)
    until = time.monotonic() + seconds
    problems: list[str] = []
    runs, busy = list[str](), list[str]()

    def speak(number: int) -> Callable[[], None]:
        def visit() -> None:
            while time.monotonic() < until:
                first, view = PageVisitor(target.url, f"127.0.0.{40 + number}").speak(SENTENCE, TWO)
                if first is None:
                    (busy if " s." in str(view.get("problem")) else problems).append(str(view.get("problem")))
                    time.sleep(1.0)
                else:
                    runs.append(str(view["run"]))

        return visit

    def listen(listener: Listener) -> Callable[[], None]:
        def visit() -> None:
            try:
                time.sleep(min(seconds / 4, 10.0) * listener.rng.random())
                while time.monotonic() < until:
                    listener.take_the_test(lambda view: time.monotonic() > until)
            except (AssertionError, OSError) as error:
                problems.append(str(error))

        return visit

    listeners = [
        Listener(target.port, random.Random(k), think_s=6.0, source=f"127.0.3.{k % 250 + 1}")
        for k in range(count)
    ]
    at_once(*map(listen, listeners), *map(speak, range(3)))
    waits = sorted(wait for listener in listeners for wait in listener.seconds)
    p95 = waits[int(0.95 * len(waits))] if waits else float("inf")
    return Outcome(
        f"{count} listeners for {seconds:.0f} s beside three visitors who let the voice speak",
        "no error but an honest busy; 95 of 100 ratings are answered within 250 ms",
        f"{len(waits):,} ratings, median {1000 * statistics.median(waits):.0f} ms, p95 {1000 * p95:.0f} ms, slowest "
        f"{1000 * waits[-1]:.0f} ms; {len(runs)} comparisons spoken, {len(busy)} told to wait, {len(problems)} errors"
        + (f" ({problems[0][:80]})" if problems else ""),
        not problems and len(waits) > 0 and len(runs) > 0 and (scale < FULL or p95 < 0.25),
    )
