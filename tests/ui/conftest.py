"""A comparison service without a page: few random weights, real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.listening.ratings import RatingsWriter
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.plan import OwnVariant, VoiceChoice
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.service import CompareService
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.settings import Settings


class Visitor:
    """Somebody who compares, with the inputs of a first visit unless told otherwise."""

    def __init__(self, service: CompareService) -> None:
        self.service = service

    def start(self, session: str | None = None, **changed: object) -> Run:
        inputs: dict[str, object] = {
            "text": "Good morning.",
            "voice": VoiceChoice(self.service.context.checkpoint.speaker().name),
            "seed": 0,
            "variants": ["baseline", "int8", "pruned"],
            "own": OwnVariant(),
            "repeats": 2,
            "blind": True,
        }
        return self.service.start(**{**inputs, **changed}, session=session)  # type: ignore[arg-type]

    def finish(self, run: Run) -> Run:
        for _ in self.service.speak(run.id):
            pass
        return run


@pytest.fixture(scope="session")
def tiny_synthesizer(tiny: Checkpoint) -> Synthesizer:
    """Variants of the tiny checkpoint are built once."""
    return Synthesizer(tiny)


@pytest.fixture
def visitor(tiny: Checkpoint, tiny_synthesizer: Synthesizer, tmp_path: Path) -> Visitor:
    """A visitor of a server whose voice is loaded and whose ratings go to `tmp_path`."""
    context = AppContext(Settings(data=tmp_path), tiny, tiny_synthesizer, RatingsWriter(tmp_path / "ratings"))
    service = CompareService(context)
    service._warm.set()
    return Visitor(service)
