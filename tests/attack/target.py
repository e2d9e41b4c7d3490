"""What is attacked, and what an attack comes to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.study import Sentence, SessionPlan
from tests.browser.conftest import running_server
from tests.listening.conftest import VOICE, make_study, one_by_one, say

KEY = "a key that nobody guesses"
SENTENCE = "The birch canoe slid on the smooth planks."
TWO = ["baseline", "int8"]
FULL = 0.3
"""Share of the amounts from which times are judged: smaller ones run beside other tests, and there turns are."""
PATIENCE_S = 90.0
"""What a smaller one waits for at most, on a machine that is busy with other tests."""


@dataclass(frozen=True)
class Target:
    """A running server, and where it keeps what.

    Attributes:
        study: the prepared study that it serves.
    """

    url: str
    data: Path
    log: Path
    pid: int
    owner_key: str
    study: Path

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 80)

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024  # type: ignore[union-attr]

    def tracebacks(self) -> int:
        return self.log.read_text(errors="replace").count("Traceback")


@dataclass(frozen=True)
class Outcome:
    """What an attack came to.

    Attributes:
        attack: what was tried.
        promise: what has to hold.
        figures: what was measured.
        held: whether it held.
    """

    attack: str
    promise: str
    figures: str
    held: bool


@contextmanager
def attacked(folder: Path, clip_s: float = 2.0) -> Iterator[Target]:
    """A server that serves a study of noises, and ends with the block.

    Args:
        folder: of its own, for everything.
        clip_s: how long each clip of the study lasts, about.
    """
    sentences = tuple(Sentence(f"h{k}", f"Sentence number {k}.") for k in range(12))
    study = make_study(
        sentences=sentences, session=SessionPlan(sentences=12, repeats=2, anchors=2, break_after=6)
    )
    voice = replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=clip_s)))
    prepare(study, voice, folder / "study")
    with running_server(folder / "data", OWNER_KEY=KEY, STUDY_DIR=str(folder / "study")) as server:
        yield Target(server.url, server.data, server.log, server.process.pid, KEY, folder / "study")


Attack = Callable[[Target, float], Outcome]
