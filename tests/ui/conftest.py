"""A comparison service without a page: few random weights, real files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.compare.voice_queue import Job, Kind
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.ui.settings import Settings
from tests.support.slow_voice import slow_down


class Guest:
    """Somebody who compares, with the inputs of a first visit unless told otherwise."""

    def __init__(self, service: CompareService) -> None:
        self.service = service

    def start(self, session: str = "visitor", address: str = "10.0.0.1", **changed: object) -> Run:
        inputs: dict[str, object] = {
            "text": "Good morning.",
            "voice": VoiceChoice(self.service.context.checkpoint.speaker().name),
            "seed": 0,
            "variants": ["baseline", "int8", "pruned"],
            "own": OwnVariant(),
            "repeats": 2,
            "blind": True,
        }
        return self.service.start(**{**inputs, **changed}, visitor=Visitor(session, address))  # type: ignore[arg-type]

    def by_hand(self, **changed: object) -> Iterator[Run]:
        """A run before the first step of its voice and after each, with no thread that makes them meanwhile."""
        jobs: list[Job] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.service.queue, "submit", jobs.append)
            run = self.start(**changed)  # type: ignore[arg-type]
        yield run
        (job,) = jobs
        for step in job.steps:
            if isinstance(step, Future):
                step.result()
            yield run
        job.ended(None)

    @contextmanager
    def behind_another(self) -> Iterator[None]:
        """Somebody else has the voice: who asks in this block is served after it."""
        begun, may_end = threading.Event(), threading.Event()

        def speaking() -> Iterator[Kind]:
            begun.set()
            may_end.wait(60)
            yield Kind.AUDIO

        self.service.queue.submit(Job(Visitor("another"), speaking()))
        assert begun.wait(60)
        try:
            yield
        finally:
            may_end.set()

    def finish(self, run: Run) -> Run:
        self.wait(lambda: run.over)
        return run

    def wait(self, happened: Callable[[], object]) -> None:
        until = time.monotonic() + 60
        while not happened():
            assert time.monotonic() < until
            time.sleep(0.002)


@pytest.fixture(scope="session")
def tiny_synthesizer(tiny: Checkpoint) -> Synthesizer:
    """Variants of the tiny checkpoint are built once."""
    return Synthesizer(tiny)


@pytest.fixture
def voice_stays_at_its_beginning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A sample goes on after its first part, or the first chunks of its stream, only to be stopped."""
    for name in ("stream", "speak_by_piece"):
        monkeypatch.setattr(Synthesizer, name, getattr(Synthesizer, name))  # it is put back as it was
    at_the_end = tmp_path / "at-the-end"
    slow_down(at_the_end)
    yield
    at_the_end.touch()  # no thread waits any longer


@pytest.fixture
def visitor(tiny: Checkpoint, tiny_synthesizer: Synthesizer, tmp_path: Path) -> Guest:
    """A visitor of a server whose voice is loaded and whose ratings go to `tmp_path`."""
    context = AppContext(
        Settings(data=tmp_path), tiny, tiny_synthesizer, ServedRatingsWriter(tmp_path / "ratings")
    )
    service = CompareService(context)
    return Guest(service)
