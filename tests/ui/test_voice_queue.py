"""Who is served next, how much a visitor may ask for, and what makes way for whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest

from speecht5_demo.errors import SynthesisError
from speecht5_demo.ui.compare import budget
from speecht5_demo.ui.compare.budget import SpeechBudget, affordable_repeats
from speecht5_demo.ui.compare.voice_queue import (
    PLACES_A_SESSION,
    PLACES_AN_ADDRESS,
    BusyError,
    Job,
    Kind,
    VoiceQueue,
)
from speecht5_demo.ui.serving.visitor import Visitor, address_of
from tests.ui.conftest import Guest


class Served:
    """Jobs that write down when they are served."""

    def __init__(self) -> None:
        self.queue = VoiceQueue()
        self.order: list[str] = []
        self.gate = threading.Event()

    def steps(self, name: str, count: int, kind: Kind = Kind.AUDIO) -> Generator[Kind, None, None]:
        for _ in range(count):
            self.gate.wait(10)
            self.order.append(name)
            yield kind

    def ask(self, name: str, count: int = 2, address: str | None = None, kind: Kind = Kind.AUDIO) -> Job:
        job = Job(Visitor(name, address or name), self.steps(name, count, kind), kind=kind)
        self.queue.submit(job)
        return job

    def wait(self, length: int) -> list[str]:
        self.gate.set()
        until = time.monotonic() + 20
        while len(self.order) < length and time.monotonic() < until:
            time.sleep(0.002)
        return self.order


def test_visitors_are_served_a_step_each_in_turn() -> None:
    served = Served()
    for name in ("a", "b", "c"):
        served.ask(name)
    assert served.wait(6) == ["a", "b", "c", "a", "b", "c"]


def test_many_sessions_of_one_address_get_no_more_turns_than_a_lone_visitor() -> None:
    served = Served()
    for number in range(10):
        served.ask(f"flood-{number}", address="flood")
    served.ask("lone", count=3)
    assert [place for place, name in enumerate(served.wait(23)) if name == "lone"][-1] <= 6


def test_timing_comes_after_everybodys_samples() -> None:
    served = Served()
    served.ask("first", count=1)
    served.ask("timing", kind=Kind.TIMING)
    served.ask("audio", count=3)
    assert served.wait(6)[-2:] == ["timing", "timing"]


def test_a_timing_step_is_told_to_make_way() -> None:
    queue, started = VoiceQueue(), threading.Event()
    interrupt = threading.Event()

    def timing() -> Generator[Kind, None, None]:
        started.set()
        assert interrupt.wait(10)
        yield Kind.TIMING

    queue.submit(Job(Visitor("a"), timing(), kind=Kind.TIMING, interrupt=interrupt))
    assert started.wait(10)
    heard = threading.Event()

    def audio() -> Generator[Kind, None, None]:
        heard.set()
        yield Kind.AUDIO

    queue.submit(Job(Visitor("b"), audio()))
    assert heard.wait(10)


def test_a_session_and_an_address_have_so_many_places() -> None:
    served = Served()
    for _ in range(PLACES_A_SESSION):
        served.ask("one", address="here")
    with pytest.raises(BusyError, match="under way"):
        served.ask("one", address="here")
    for number in range(PLACES_AN_ADDRESS - PLACES_A_SESSION):
        served.ask(f"other-{number}", address="here")
    with pytest.raises(BusyError, match=r"again in about \d+ s"):
        served.ask("another", address="here")
    served.ask("elsewhere")
    served.gate.set()


def test_a_place_that_nobody_waits_in_is_free_again() -> None:
    served = Served()
    gone = [
        Job(Visitor("one"), served.steps("one", 1), wanted=lambda: False) for _ in range(PLACES_A_SESSION)
    ]
    served.ask("first", count=1)
    for job in gone:
        served.queue.submit(job)
    served.ask("one", count=1)
    assert served.wait(2) == ["first", "one"]


def test_a_defect_ends_its_job_and_nobody_elses() -> None:
    queue, ended = VoiceQueue(), threading.Event()
    found: list[BaseException | None] = []

    def broken() -> Generator[Kind, None, None]:
        raise ZeroDivisionError
        yield Kind.AUDIO

    def fine() -> Generator[Kind, None, None]:
        yield Kind.AUDIO

    queue.submit(Job(Visitor("a"), broken(), ended=found.append))
    queue.submit(Job(Visitor("b"), fine(), ended=lambda error: ended.set()))
    assert ended.wait(10)
    assert isinstance(found[0], ZeroDivisionError)


def test_place_and_seconds_are_told_while_others_are_served(visitor: Guest) -> None:
    first = visitor.start("first", "10.0.0.2", text="Good morning, good people. " * 20)
    run = visitor.start("second", "10.0.0.3")
    ahead, seconds = visitor.service.waiting(run)
    assert ahead == 1
    assert seconds > 0
    visitor.service.stop(first.id)
    visitor.finish(run)


def test_repeats_give_way_to_a_visitor_and_are_made_again(visitor: Guest) -> None:
    timed = visitor.start(
        "timed", "10.0.0.2", text="Good morning, good people. " * 40, variants=["int8"], repeats=3
    )
    visitor.wait(lambda: timed.phase == "measuring" and timed.made[0].sizes is not None)
    run = visitor.finish(visitor.start("waits", "10.0.0.3", variants=["int8"], repeats=1))
    assert run.phase == "done"
    visitor.finish(timed)
    assert len(timed.made[0].sample.latency.runs) == 3


def test_a_run_that_asks_for_too_much_speech_is_refused_and_repeats_are_cut_to_fit(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = visitor.start(repeats=3).plan
    once = budget.speech_s(plan.spoken_text) * len(plan.variants)
    monkeypatch.setattr(budget, "RUN_SPEECH_S", 2.5 * once)
    assert affordable_repeats(plan) == 2
    monkeypatch.setattr(budget, "RUN_SPEECH_S", 0.5 * once)
    with pytest.raises(SynthesisError, match="s of speech"):
        affordable_repeats(plan)


def test_a_visitor_who_asked_for_much_is_told_how_long_to_wait_and_others_are_not(visitor: Guest) -> None:
    plan, purse = visitor.start().plan, SpeechBudget()

    def spend_on() -> None:
        for _ in range(1000):
            purse.spend(Visitor("much", "here"), plan)

    with pytest.raises(BusyError, match="can be spoken in about"):
        spend_on()
    purse.spend(Visitor("little", "elsewhere"), plan)


def test_an_address_behind_a_proxy_is_the_last_public_one_it_names() -> None:
    headers = {"x-forwarded-for": "1.2.3.4, 8.8.8.8, 10.0.0.7"}
    assert address_of("10.0.0.1", headers, behind_proxy=True) == "8.8.8.8"
    assert address_of("10.0.0.1", headers, behind_proxy=False) == "10.0.0.1"
    assert address_of("10.0.0.1", {"x-forwarded-for": "nonsense"}, behind_proxy=True) == "10.0.0.1"
