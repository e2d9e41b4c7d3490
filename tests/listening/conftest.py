"""A small prepared study, spoken by a function instead of a model."""

import itertools
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speecht5_demo.listening import preparation
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.planned_clips import Batch
from speecht5_demo.listening.preparation import SpokenClip, Voice, prepare
from speecht5_demo.listening.study import Sentence, SessionPlan, Study

RATE = 16_000
SECRET = b"p" * 32
VARIANTS = ("baseline", "int8", "pruned", "pruned-int8")


def say(text: str, speaker: str, variant: str, seed: int, seconds: float = 0.5) -> SpokenClip:
    """Noise with a syllable rhythm, another one for every text, speaker, variant and seed."""
    rng = np.random.default_rng(zlib.crc32(repr((text, speaker, variant, seed)).encode()))
    frames = int(RATE * (seconds + 0.1 * rng.random()))
    rhythm = 0.6 + 0.4 * np.sin(np.arange(frames) * 2 * np.pi * 4 / RATE)
    loud = 0.05 + 0.1 * rng.random()
    return SpokenClip(
        (rng.standard_normal(frames) * rhythm * loud).clip(-1, 1).astype(np.float32), RATE, text, True
    )


def one_by_one(speak: Callable[[str, str, str, int], SpokenClip]) -> Callable[..., Iterator[Any]]:
    """What a voice does, by a function of text, speaker, variant and seed."""

    def spoken(batches: Sequence[Batch]) -> Iterator[tuple[Batch, Iterator[SpokenClip]]]:
        for batch in batches:
            yield batch, (speak(line.text, line.speaker, batch.variant, line.seed) for line in batch.lines)

    return spoken


VOICE = Voice("test-voice", "d" * 64, ("am_michael", "bf_emma"), one_by_one(say))


def make_study(**changes: object) -> Study:
    study = Study(
        id="test-study",
        title="A test of the test",
        variants=VARIANTS,
        sentences=tuple(Sentence(f"h{k}", f"Sentence number {k} of the list.") for k in range(6)),
        practice_sentences=(Sentence("p1", "This is for practice."), Sentence("p2", "And so is this.")),
        session=SessionPlan(sentences=2, repeats=1, anchors=1, traps=1, practice=2, break_after=6),
    )
    return replace(study, **changes)


def prepare_alike(study: Study, voice: Voice, folder: Path) -> Manifest:
    """The study as `prepare` makes it, at one time and under one secret: its sessions are drawn alike in every run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation, "moment", lambda: datetime(2026, 1, 1, tzinfo=UTC))
        return prepare(study, voice, folder, secret=SECRET)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("study")
    return prepare_alike(make_study(), VOICE, folder), folder


@pytest.fixture(scope="session")
def prepared_short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    """The same with clips of a tenth of a second, for tests in which real time passes."""
    folder = tmp_path_factory.mktemp("short")
    voice = replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05)))
    return prepare_alike(make_study(), voice, folder), folder


@pytest.fixture(scope="session")
def prepared_pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, Path]:
    folder = tmp_path_factory.mktemp("pairs")
    return prepare_alike(make_study(method="CCR", question="comparison"), VOICE, folder), folder


@pytest.fixture
def open_test(prepared: tuple[Manifest, Path], tmp_path: Path) -> Callable[..., ListeningTest]:
    """`open_test()`: as a starting server opens it; twice on a folder is a restart or a second replica.

    Ten seconds pass between any two looks at the clock, longer than any clip.
    """
    moments = itertools.count(1_700_000_000, 10)

    def start(**changes: object) -> ListeningTest:
        manifest, folder = prepared
        given = {
            "manifest": manifest,
            "study_folder": folder,
            "ratings_folder": tmp_path,
            "secret": b"s" * 32,
            "clock": lambda: float(next(moments)),
        }
        return ListeningTest(**{**given, **changes})

    return start
