"""A recording becomes a speaker, where the encoder that made the checkpoint's own vectors is installed.

`POST /compare/voice` takes a WAV of some seconds, checks it while its sender looks on, and keeps the vector, never the
sound. A checkpoint names its encoder in `speaking.json`; without one no recording says anything to it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import DemoError, SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.quality.recorded_speakers import checked_recording, missing_for, opened_model, speaker_of
from speecht5_demo.quality.speaker_models import SpeakerModel
from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.problems import problem_of
from speecht5_demo.ui.compare.uploads import UploadedSpeakers
from speecht5_demo.ui.languages import language_of
from speecht5_demo.ui.serving.request_body import RefusedRequest, read_body
from speecht5_demo.ui.serving.visitor import sender_of

ADDRESS = "/compare/voice"
LARGEST_WAV = 4_000_000
"""Half a minute at 44.1 kHz in stereo takes less than 6 MB; the page sends 16 kHz mono, under 1 MB."""
A_MINUTE = 6
"""Recordings of an address."""
HEADERS = {"cache-control": "no-store"}


class RecordedSpeakers:
    """Recordings of visitors.

    Args:
        checkpoint: whose speakers they become.
        synthesizer: whose turns the encoder takes: it computes on the same cores.
        uploads: where the vectors are kept.
    """

    def __init__(self, checkpoint: Checkpoint, synthesizer: Synthesizer, uploads: UploadedSpeakers) -> None:
        self._checkpoint = checkpoint
        self._synthesizer = synthesizer
        self._uploads = uploads
        self._lock = threading.Lock()
        self._model: SpeakerModel | None = None
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()
        self.routes = [Route(ADDRESS, self._serve, methods=["POST"])]

    @property
    def missing(self) -> str:
        """Why no recording can become a speaker here, in a sentence; empty where one can."""
        return missing_for(self._checkpoint)

    async def _serve(self, request: Request) -> Response:
        address = sender_of(request)
        catalog = language_of(request.headers.get("accept-language", ""))
        try:
            if self.missing:
                raise SpeakerError(self.missing)
            wav = await read_body(request.scope, request.receive, LARGEST_WAV, "audio/wav")
            self._count(address)
            speaker = await anyio.to_thread.run_sync(self.speaker, wav)
        except RefusedRequest as refused:
            return JSONResponse(catalog.said({"problem": str(refused)}), refused.status, HEADERS)
        except DemoError as error:
            return JSONResponse(catalog.said({"problem": problem_of(error)}), 422, HEADERS)
        return JSONResponse(catalog.said(self._uploads.keep(speaker, address)), 200, HEADERS)

    def _count(self, address: str) -> None:
        with self._lock:
            now = time.monotonic()
            times = self._asked.setdefault(address, deque())
            self._asked.move_to_end(address)
            while len(self._asked) > 1_000:
                self._asked.popitem(last=False)
            while times and now - times[0] > 60:
                times.popleft()
            if len(times) >= A_MINUTE:
                raise RefusedRequest(
                    429,
                    Message(
                        "{most} recordings a minute are taken: wait a moment, then send it again.",
                        most=A_MINUTE,
                    ),
                )
            times.append(now)

    def speaker(self, wav: bytes) -> Speaker:
        """The speaker of a recording.

        Raises:
            SpeakerError: the recording is unusable; the sentence says how to make a better one.
        """
        samples = checked_recording(wav, only_wav=True)
        with self._synthesizer.turns.take():
            if self._model is None:
                self._model = opened_model(self._checkpoint)
            return speaker_of(samples, self._model, self._checkpoint)
