"""A voice as slow as a test wants it: it begins to speak, and goes on when a file is there.

What a page does while a sample is made is seen with a short text then, and on any processor.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

from speecht5_demo.synthesis.synthesizer import Synthesizer

GATE = "THE_VOICE_GOES_ON_WHEN"
"""The variable of a served app that names the file."""
CHUNKS = 3
"""What is streamed before the wait: enough for a browser to begin to play."""
T = TypeVar("T")


def slow_down(gate: Path) -> None:
    """Let every synthesizer of this process wait for `gate`, or for its run to be stopped."""
    stream, speak_by_piece = Synthesizer.stream, Synthesizer.speak_by_piece

    def slow_stream(self: Synthesizer, *args: Any, **named: Any) -> Any:
        whole = stream(self, *args, **named)
        whole._chunks = _held(whole._chunks, CHUNKS, _opened(gate, named.get("cancelled")))
        return whole

    def slow_pieces(self: Synthesizer, *args: Any, **named: Any) -> Any:
        speaking = speak_by_piece(self, *args, **named)
        return _held(speaking, 1, _opened(gate, named.get("cancelled")))

    Synthesizer.stream, Synthesizer.speak_by_piece = slow_stream, slow_pieces  # type: ignore[method-assign]


def _opened(gate: Path, cancelled: threading.Event | None) -> Callable[[], None]:
    def wait() -> None:
        while not gate.exists() and not (cancelled and cancelled.is_set()):
            time.sleep(0.02)

    return wait


def _held(
    parts: Generator[T, None, Any] | Iterator[T], free: int, wait: Callable[[], None]
) -> Generator[T, None, Any]:
    given = 0
    try:
        while True:
            if given >= free:
                wait()
            try:
                part = next(parts)
            except StopIteration as end:
                return end.value
            given += 1
            yield part
    finally:
        if isinstance(parts, Generator):
            parts.close()


def from_environment() -> None:
    """As the variable asks."""
    if gate := os.environ.get(GATE):
        slow_down(Path(gate))
