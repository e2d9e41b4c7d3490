"""What several of the training's tests need; what is slow to make is made once.

Libraries are imported where they are used: pytest reads this file also where it only hands out tests.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from transformers import SpeechT5Processor

    from voice_training.corpus import Clip
    from voice_training.run_folder import StageFiles

EVALUATIONS = ("speecht5_demo.quality.worker", "faster_whisper", "pesq")
"""Imported for tests/quality, whose workers are copies of the same process where they run after these."""
IMPORTS_ONLY, IMPORTS_DONE = "speecht5_demo.distributed.imports_only", "voice_training.tests.imports_done"
"""Between them nothing but imports, among which there is no garbage to be found."""
TEXTS = ("hello.", "good morning, anna!", "it is nine o'clock, and the sun is up.", "no?")


@pytest.fixture(scope="session")
def clips() -> list[Clip]:
    """A clip of each of flite's speakers."""
    import numpy as np

    from voice_training.corpus import make_clip
    from voice_training.teachers import Flite, Line

    noise, teacher = np.random.default_rng(0), Flite()
    lines = map(Line, TEXTS, teacher.encoding_order)
    return [clip for line in lines if (clip := make_clip(teacher, line, noise)) is not None]


@pytest.fixture(scope="session")
def processor(tmp_path_factory: pytest.TempPathFactory) -> SpeechT5Processor:
    """The voice's tokenizer."""
    from voice_training.texts import make_processor

    return make_processor(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="module")
def copies(request: pytest.FixtureRequest) -> BaseContext:
    """New processes as copies of a clean one that has imported the test's module, in place of importing it each."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([IMPORTS_ONLY, request.module.__name__, *EVALUATIONS, IMPORTS_DONE])
    forkserver.ensure_running()
    return context


@pytest.fixture
def imported_once(copies: BaseContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of the code that is tested are such copies."""
    from voice_training import devices

    monkeypatch.setattr(devices, "multiprocessing", SimpleNamespace(get_context=lambda _: copies))


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., StageFiles]:
    """Where a stage keeps its state, in a folder of this test."""
    from voice_training.run_folder import Journal, StageFiles

    def make(name: str = "stage", seed: int = 1) -> StageFiles:
        return StageFiles(
            name, tmp_path / f"{name}-state.pt", Journal(tmp_path / "journal.jsonl", print), seed
        )

    return make
