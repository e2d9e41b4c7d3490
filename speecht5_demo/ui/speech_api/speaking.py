"""A speech that grows: the voice makes it in steps, in turn with the pages' visitors, and an answer sends it on."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

from speecht5_demo.errors import DemoError, SynthesisCancelled
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.plan import Plan
from speecht5_demo.ui.compare.voice_queue import Kind
from speecht5_demo.ui.speech_api.encoders import Encoder

STEP_S = 1.0
"""Of the voice, before another visitor has a turn."""
DEFECT = "Something went wrong on the server, and its log says what."


class GrowingSpeech:
    """Bytes of one speech: added by the thread that speaks, taken by the one request that asked.

    Args:
        plan: what to speak.
        encoder: makes bytes of samples.
    """

    def __init__(self, plan: Plan, encoder: Encoder) -> None:
        self._plan = plan
        self._encoder = encoder
        self._lock = threading.Lock()
        self._ready = bytearray()
        self.cancel = threading.Event()
        self.over = False
        self.problem = ""
        """Why it ended before its end, if it did."""

    def steps(self, synthesizer: Synthesizer) -> Generator[Kind, None, None]:
        """Load the variant, then speak for some seconds a step."""
        plan, (variant,) = self._plan, self._plan.variants
        try:
            begun = time.monotonic()
            synthesizer.warm_up(variant)
            stream = synthesizer.stream(plan.text, plan.speaker, variant, plan.seed, cancelled=self.cancel)
            try:
                for chunk in stream:
                    self._add(self._encoder.add(chunk))
                    if time.monotonic() - begun > STEP_S:
                        yield Kind.AUDIO
                        begun = time.monotonic()
                self._add(self._encoder.end())
                self.over = True
            finally:
                stream.close()
        except SynthesisCancelled:
            self.close(None)
        except DemoError as error:
            self.problem = str(error)
            self.close(None)

    def close(self, error: BaseException | None) -> None:
        """Nothing more will come; it is broken unless it was over."""
        if not self.over:
            self.problem = self.problem or (DEFECT if error is not None else "The speech was ended.")
            self.over = True

    def take(self) -> bytes:
        """What has come since the last time."""
        with self._lock:
            taken = bytes(self._ready)
            self._ready.clear()
            return taken

    @property
    def begun(self) -> bool:
        """Whether there is something to send, or never will be."""
        return bool(self._ready) or self.over

    def _add(self, content: bytes) -> None:
        with self._lock:
            self._ready += content
