"""Samples that are played while they are made.

A blind sample that could be heard before the others would tell that its variant is a quick one. So the samples of a
blind run are heard in step: each becomes a piece longer in the very moment in which all others do.
`GET /compare/live/TOKEN` answers with what there is and goes on as more is made; a page that comes late gets it all.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from speecht5_demo.ui.compare.flac import LONGEST_FRAME
from speecht5_demo.ui.compare.fragments import MIME, fragment, opening
from speecht5_demo.variants import Variant
from speecht5_demo.wav import as_int16

ADDRESS = "/compare/live/"
KEPT = 96
"""More than the voice serves by turns."""
POLL_S = 0.02
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-accel-buffering": "no"}


@dataclass
class Step:
    """How far audio may be heard. Samples that share it become longer in one moment, by one assignment.

    Attributes:
        additions: as many of what was added are given out.
        over: no more will come.
    """

    additions: int = 0
    over: bool = False


class LiveAudio:
    """Audio that grows: written by the thread that speaks, read by any number of requests.

    Args:
        sampling_rate: in Hz.
        step: says how much of it is given out; without it, all that there is.
    """

    def __init__(self, sampling_rate: int, step: Step | None = None) -> None:
        self._rate = sampling_rate
        self._parts = [opening(sampling_rate)]
        self._ends = [1]
        self._samples = 0
        self._alone = step is None
        self._step = step or Step()

    @property
    def over(self) -> bool:
        """Whether no more will come."""
        return self._step.over

    def add(self, samples: NDArray[np.float32]) -> None:
        """More samples in [-1, 1]."""
        pcm = as_int16(samples)
        for start in range(0, len(pcm), LONGEST_FRAME):
            chunk = pcm[start : start + LONGEST_FRAME]
            self._parts.append(fragment(len(self._parts), chunk, self._samples, self._rate))
            self._samples += len(chunk)
        self._ends.append(len(self._parts))
        if self._alone:
            self._step.additions += 1

    def close(self) -> None:
        """No more will come."""
        self._step.over = True

    async def follow(self) -> AsyncIterator[bytes]:
        """All of it, as it comes."""
        given = 0
        while True:
            over, there = self._step.over, self._ends[self._step.additions]
            if there > given:
                yield b"".join(self._parts[given:there])
                given = there
            elif over:
                return
            else:
                await anyio.sleep(POLL_S)


@dataclass(frozen=True)
class LiveSample:
    """The sample of a run that is being made.

    Attributes:
        index: its place among the run's cards.
        variant: who speaks.
        token: names its audio in an address.
        ticket: that of the card it will become.
    """

    index: int
    variant: Variant
    token: str
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(18))


class LiveStreams:
    """The audio that grows, and what grew last, by token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, LiveAudio] = OrderedDict()
        self.routes = [Route(ADDRESS + "{token}", self._serve, methods=["GET"])]

    def open(self, sampling_rate: int, step: Step | None = None) -> tuple[str, LiveAudio]:
        """A new one and its token."""
        token, audio = secrets.token_urlsafe(18), LiveAudio(sampling_rate, step)
        with self._lock:
            self._kept[token] = audio
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return token, audio

    async def _serve(self, request: Request) -> Response:
        with self._lock:
            audio = self._kept.get(request.path_params["token"])
        if audio is None:
            return Response("This sample is no longer here.", 404, HEADERS, "text/plain")
        return StreamingResponse(audio.follow(), 200, HEADERS, MIME)
