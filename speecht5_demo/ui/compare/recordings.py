"""A recording becomes a speaker, where the encoder that made the checkpoint's own vectors is installed.

`POST /compare/voice` takes a WAV of some seconds, checks it while its sender looks on, and keeps the vector, never the
sound. A checkpoint names its encoder in `speaking.json`; without one no recording says anything to it.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections import OrderedDict, deque
from typing import Any

import anyio
import numpy as np
import soundfile
import soxr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import DemoError, QualityError, SpeakerError
from speecht5_demo.quality.signals import SAMPLING_RATE, Samples
from speecht5_demo.quality.speaker_models import SpeakerModel, open_speaker_model, speaker_libraries
from speecht5_demo.speakers import Speaker
from speecht5_demo.synthesis import Synthesizer
from speecht5_demo.ui.compare.uploads import UploadedSpeakers
from speecht5_demo.ui.serving.request_body import RefusedRequest, read_body
from speecht5_demo.ui.serving.visitor import address_of

ADDRESS = "/compare/voice"
LARGEST_WAV = 4_000_000
"""Half a minute at 44.1 kHz in stereo takes less than 6 MB; the page sends 16 kHz mono, under 1 MB."""
SHORTEST_S, LONGEST_S = 3.0, 30.0
QUIETEST_RMS = 0.003  # -50 dB below full scale
MOST_CLIPPED = 0.02
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
        encoder = self._checkpoint.speaker_encoder
        if not encoder:
            return (
                f"{self._checkpoint.title} names no speaker encoder, so a recording says nothing to it. "
                'Load a checkpoint whose speaking.json has "speaker_encoder", or give one vector as .npy or .pt.'
            )
        absent = [library for library in speaker_libraries(encoder) if library.version() is None]
        if absent:
            names = " and ".join(library.title for library in absent)
            return f"A recording needs {names}: pip install -r {absent[0].requirements}, then start again."
        return ""

    async def _serve(self, request: Request) -> Response:
        address = address_of(request.client.host if request.client else None, request.headers)
        try:
            if self.missing:
                raise SpeakerError(self.missing)
            wav = await read_body(request.scope, request.receive, LARGEST_WAV, "audio/wav")
            self._count(address)
            speaker = await anyio.to_thread.run_sync(self.speaker, wav)
        except RefusedRequest as refused:
            return JSONResponse({"problem": str(refused)}, refused.status, HEADERS)
        except DemoError as error:
            return JSONResponse({"problem": str(error)}, 422, HEADERS)
        return JSONResponse(self._uploads.keep(speaker, address), 200, HEADERS)

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
                    429, f"{A_MINUTE} recordings a minute are taken: wait a moment, then send it again."
                )
            times.append(now)

    def speaker(self, wav: bytes) -> Speaker:
        """The speaker of a recording.

        Raises:
            SpeakerError: the recording is unusable; the sentence says how to make a better one.
        """
        samples = checked_recording(wav)
        try:
            with self._synthesizer.turns.take():
                if self._model is None:
                    self._model = open_speaker_model(self._checkpoint.speaker_encoder)
                vector = self._model.embed(samples)
        except QualityError as error:
            raise SpeakerError(f"The recording cannot be used. {error}") from error
        if vector.size != self._checkpoint.vector_size:
            raise SpeakerError(
                f"{self._model.name} gives {vector.size} values and {self._checkpoint.title} takes "
                f"{self._checkpoint.vector_size}: its speaking.json names another encoder than it was trained with."
            )
        name = f"recording-{hashlib.sha256(vector.tobytes()).hexdigest()[:8]}"
        label = f"Your recording of {len(samples) / SAMPLING_RATE:.0f} s"
        return Speaker(name, label, vector, source="recording")


def checked_recording(wav: bytes) -> Samples:
    """Mono samples at 16 kHz.

    Raises:
        SpeakerError: they are no WAV, too short or long, silent or clipped.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(wav)) as file:
            if file.format not in ("WAV", "WAVEX"):
                raise SpeakerError("Send a recording as WAV.")
            rate = int(file.samplerate)
            if not 8_000 <= rate <= 192_000 or file.channels > 8:
                raise SpeakerError(f"The recording has {rate:,} Hz: record at 8,000 Hz or more.")
            seconds = file.frames / rate
            if not SHORTEST_S <= seconds <= LONGEST_S:
                raise SpeakerError(
                    f"The recording lasts {seconds:.1f} s: record {SHORTEST_S:.0f} to {LONGEST_S:.0f} s of one voice."
                )
            read: Any = file.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise SpeakerError("The file cannot be read as a WAV: it is damaged or of another kind.") from error
    mono = read.mean(axis=1)
    if not np.isfinite(mono).all():
        raise SpeakerError("The recording holds samples that are no numbers. Record it again.")
    if float(np.sqrt(np.mean(mono**2))) < QUIETEST_RMS:
        raise SpeakerError("The recording is silent, or nearly: come closer to the microphone.")
    if float(np.mean(np.abs(read) >= 0.999)) > MOST_CLIPPED:
        raise SpeakerError(
            "The recording is clipped: it is too loud for the microphone. Turn its level down."
        )
    if rate == SAMPLING_RATE:
        return np.asarray(mono, np.float32)
    return np.asarray(soxr.resample(mono, rate, SAMPLING_RATE), np.float32)
