"""A comparison service without a page: few random weights, real files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.hosting.writer import ServedRatingsWriter
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.ui.settings import Settings


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
def visitor(tiny: Checkpoint, tiny_synthesizer: Synthesizer, tmp_path: Path) -> Guest:
    """A visitor of a server whose voice is loaded and whose ratings go to `tmp_path`."""
    context = AppContext(
        Settings(data=tmp_path), tiny, tiny_synthesizer, ServedRatingsWriter(tmp_path / "ratings")
    )
    service = CompareService(context)
    return Guest(service)
