"""Who is served next, how much a visitor may ask for, and what makes way for whom."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any

import pytest

from speecht5_demo.errors import SynthesisError
from speecht5_demo.synthesis import Speech
from speecht5_demo.ui.compare import budget
from speecht5_demo.ui.compare.budget import SpeechBudget, affordable_repeats
from speecht5_demo.ui.compare.clips import ClipCache
from speecht5_demo.ui.compare.live import LiveStreams
from speecht5_demo.ui.compare.plan import OwnVariant
from speecht5_demo.ui.compare.reveal_pacing import RuntimeEstimate
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.speaking import Speaking
from speecht5_demo.ui.compare.voice_queue import (
    PLACES_A_SESSION,
    PLACES_AN_ADDRESS,
    BusyError,
    Job,
    Kind,
    Step,
    VoiceQueue,
)
from speecht5_demo.ui.serving.visitor import Visitor, address_of
from speecht5_demo.variants import REPORT_VARIANTS, Variant
from tests.ui.conftest import Guest

GUEST = Visitor("guest", "10.0.0.9")


class Served:
    """Jobs that write down when they are served."""

    def __init__(self) -> None:
        self.queue = VoiceQueue()
        self.order: list[str] = []
        self.gate = threading.Event()

    def steps(self, name: str, count: int, kind: Kind = Kind.AUDIO) -> Generator[Kind, None, None]:
        for _ in range(count):
            self.gate.wait(60)
            self.order.append(name)
            yield kind

    def ask(self, name: str, count: int = 2, address: str | None = None, kind: Kind = Kind.AUDIO) -> Job:
        job = Job(Visitor(name, address or name), self.steps(name, count, kind), kind=kind)
        self.queue.submit(job)
        return job

    def wait(self, length: int) -> list[str]:
        self.gate.set()
        until = time.monotonic() + 60
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


class Stepped(Served):
    """The same, with as many steps as a test lets happen."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed = threading.Semaphore(0)
        self.over = False
        self.begun = 0

    def steps(self, name: str, count: int, kind: Kind = Kind.AUDIO) -> Generator[Kind, None, None]:
        for _ in range(count):
            self.begun += 1
            if self.over or not self.allowed.acquire(timeout=60) or self.over:
                return
            self.order.append(name)
            yield kind

    def end(self) -> None:
        """Every job is over at its next step."""
        self.over = True
        self.allowed.release()

    def let(self, count: int) -> list[str]:
        """The names of the next so many steps; the one after them is under way then."""
        before = len(self.order)
        for _ in range(count):
            self.allowed.release()
        names = self.wait(before + count)[before:]
        until = time.monotonic() + 60
        while self.begun <= len(self.order) and time.monotonic() < until:
            time.sleep(0.002)
        return names


@pytest.mark.parametrize("others", [1, 2, 9])
def test_beside_a_flood_each_visitor_waits_for_one_step_of_it_and_one_of_every_other_who_came_before(
    others: int,
) -> None:
    served = Stepped()
    for number in range(PLACES_AN_ADDRESS):
        served.ask(f"flood-{number}", count=50, address="flood")
    served.let(10)  # the eleventh is under way when others come
    names = [f"visitor-{number}" for number in range(others)]
    for name in names:
        served.ask(name)
    flood, *first = served.let(1 + others)
    assert flood.startswith("flood")
    assert first == names
    second = served.let(others + 1)
    assert sum(name.startswith("flood") for name in second) == 1, "it gets the turn of one visitor"
    served.let(PLACES_AN_ADDRESS)
    served.ask("late")
    assert served.let(2)[1] == "late"
    served.end()


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
        assert interrupt.wait(60)
        yield Kind.TIMING

    queue.submit(Job(Visitor("a"), timing(), kind=Kind.TIMING, interrupt=interrupt))
    assert started.wait(60)
    heard = threading.Event()

    def audio() -> Generator[Kind, None, None]:
        heard.set()
        yield Kind.AUDIO

    queue.submit(Job(Visitor("b"), audio()))
    assert heard.wait(60)


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
    assert ended.wait(60)
    assert isinstance(found[0], ZeroDivisionError)


def test_place_and_seconds_are_told_while_others_are_served(visitor: Guest) -> None:
    with visitor.behind_another():
        run = visitor.start("second", "10.0.0.3")
        ahead, seconds = visitor.service.waiting(run)
    assert ahead == 1
    assert seconds > 0
    visitor.finish(run)


def test_a_long_text_is_spoken_in_steps_of_a_piece_and_a_short_one_is_whole_before_it(visitor: Guest) -> None:
    steps = Speaking(visitor.service.context.synthesizer, ClipCache(), LiveStreams(), RuntimeEstimate())
    run = Run(
        visitor.start(text="Good morning, good people. " * 30, variants=["int8"], repeats=1).plan, GUEST
    )
    kinds = []
    for kind in steps.steps(run, threading.Event()):
        kinds.append(kind)
        if run.made:
            break
    pieces = run.made[0].sample.pieces
    assert pieces > 3
    assert kinds.count(Kind.AUDIO) >= pieces - 1


@pytest.mark.parametrize(("work", "phase"), [("sizes", "measuring"), ("build", "preparing")])
def test_building_and_measuring_keep_nobody_else_from_the_voice(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch, work: str, phase: str
) -> None:
    ready = threading.Event()
    synthesizer = visitor.service.context.synthesizer
    real, percent = getattr(synthesizer, work), {"sizes": 33, "build": 34}[work]
    mine = OwnVariant(True, percent, False, "*", "")

    def slowly(variant: Variant) -> object:
        assert variant.name in REPORT_VARIANTS or ready.wait(60)
        return real(variant)

    monkeypatch.setattr(synthesizer, work, slowly)
    slow = visitor.start("slow", "10.0.0.2", variants=[], own=mine, repeats=1)
    visitor.wait(lambda: slow.phase == phase)
    other = visitor.start("other", "10.0.0.3", variants=["int8"], repeats=1)
    visitor.wait(lambda: other.made)
    assert slow.phase == phase
    ready.set()
    assert visitor.finish(slow).made[0].sizes is not None


def test_a_job_that_waits_for_work_elsewhere_takes_no_turn_and_ends_when_nobody_wants_it() -> None:
    served, never, wanted = Served(), Future[None](), [True]

    def waits() -> Generator[Step, None, None]:
        yield never
        raise AssertionError("it went on without what it waits for")

    ended = threading.Event()
    job = Job(Visitor("waits"), waits(), wanted=lambda: wanted[0], ended=lambda error: ended.set())
    served.queue.submit(job)
    served.ask("other", count=3)
    assert served.wait(3) == ["other"] * 3
    assert not ended.is_set()
    wanted[0] = False
    assert ended.wait(60)


def test_repeats_give_way_to_a_visitor_and_are_made_again(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesizer, timing = visitor.service.context.synthesizer, threading.Event()
    speak = synthesizer.speak

    def lasts_until_it_is_disturbed(*asked: Any, cancelled: threading.Event, **named: Any) -> Speech:
        first = not timing.is_set()
        timing.set()
        if first:
            visitor.wait(cancelled.is_set)
        return speak(*asked, cancelled=cancelled, **named)

    monkeypatch.setattr(synthesizer, "speak", lasts_until_it_is_disturbed)
    timed = visitor.start("timed", "10.0.0.2", variants=["int8"], repeats=3)
    assert timing.wait(60)
    run = visitor.finish(visitor.start("waits", "10.0.0.3", variants=["int8"], repeats=1))
    assert run.phase == "done"
    visitor.finish(timed)
    assert timed.disturbed >= 1
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


def test_a_recipe_of_ones_own_counts_as_the_work_of_building_it(visitor: Guest) -> None:
    plan = visitor.start(variants=["int8"], own=OwnVariant(True, 35, False, "*", ""), repeats=1).plan
    most = int(budget.SESSION_SPEECH_S / budget.OWN_RECIPE_S)
    purse = SpeechBudget()

    def spend(times: int) -> None:
        for _ in range(times):
            purse.spend(GUEST, plan)

    spend(most - 5)
    with pytest.raises(BusyError, match="can be spoken in about"):
        spend(6)


def test_an_address_behind_a_proxy_is_the_last_public_one_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"x-forwarded-for": "1.2.3.4, 8.8.8.8, 10.0.0.7"}
    assert address_of("10.0.0.1", headers) == "10.0.0.1"
    monkeypatch.setenv("TRUST_PROXY", "1")
    assert address_of("10.0.0.1", headers) == "8.8.8.8"
    assert address_of("10.0.0.1", {"x-forwarded-for": "nonsense"}) == "10.0.0.1"
