"""Samples and spectrograms as files that say nothing about themselves.

A blind card must not be told apart by what surrounds its audio: names are random, and the time of writing,
which a server sends as Last-Modified and which would tell how long each variant took, is the same for all.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from speecht5_demo.errors import SynthesisError
from speecht5_demo.messages import Message
from speecht5_demo.synthesis import Speech
from speecht5_demo.ui.compare.levels import Level, levelled
from speecht5_demo.ui.compare.spectrogram import DAY, NIGHT, spectrogram_png
from speecht5_demo.wav import wav_bytes

_PREFIX = "speecht5-demo-clips-"
ADDRESS = "/compare/clip/"
CLIENT_ADDRESS = "/gradio_api/file="
"""Where gradio_client asks for a file that an answer names."""
HEADERS = {"cache-control": "private, max-age=3600"}
_NAME = re.compile(r"[0-9a-f]{32}\.(wav|png)")
_SAME_TIME = (1_000_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Clip:
    """One sample on disk.

    Attributes:
        audio: 16-bit mono WAV.
        sha256: of that file, hexadecimal.
        day, night: its spectrogram for light and for dark pages, PNG.
        level: what was done to its loudness; None where nothing was.
    """

    audio: Path
    sha256: str
    day: Path
    night: Path
    level: Level | None = None


class ClipCache:
    """A folder of clips that exists as long as this process. Whoever stores a clip removes it.

    Args:
        capacity_bytes: of all files together.
    """

    def __init__(self, capacity_bytes: int = 2_000_000_000) -> None:
        _sweep()
        self._holder = tempfile.TemporaryDirectory(
            prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._holder.name).resolve()
        self._capacity = capacity_bytes
        self._lock = threading.Lock()
        self._bytes = 0
        self.routes = [
            Route(ADDRESS + "{name}", self._serve, methods=["GET"]),
            Route(CLIENT_ADDRESS + "{name:path}", self._serve, methods=["GET"]),
        ]

    def store(self, speech: Speech, as_it_is: bool = False) -> Clip:
        """Write a speech's audio and pictures.

        Args:
            as_it_is: whether its loudness stays what the model made.

        Raises:
            SynthesisError: there is no room for it.
        """
        samples, level = (
            (speech.samples, None) if as_it_is else levelled(speech.samples, speech.sampling_rate)
        )
        audio = wav_bytes(samples, speech.sampling_rate)
        return self._keep(audio, spectrogram_png(speech.mel, DAY), spectrogram_png(speech.mel, NIGHT), level)

    def _keep(self, audio: bytes, day: bytes, night: bytes, level: Level | None) -> Clip:
        files = (audio, day, night)
        size = sum(map(len, files))
        with self._lock:
            if self._bytes + size > self._capacity:
                raise SynthesisError(
                    Message(
                        "This server keeps as many samples as it can. Rate an open comparison, or come back later."
                    )
                )
            self._bytes += size
        paths = [
            self._write(content, ending)
            for content, ending in zip(files, (".wav", ".png", ".png"), strict=True)
        ]
        return Clip(paths[0], hashlib.sha256(audio).hexdigest(), paths[1], paths[2], level)

    def copy(self, clip: Clip) -> Clip:
        """The same clip under names of its own, so that each of two runs can forget it.

        Raises:
            SynthesisError: there is no room for it, or it is no longer kept.
        """
        try:
            contents = [path.read_bytes() for path in (clip.audio, clip.day, clip.night)]
        except OSError as error:
            raise SynthesisError(
                Message("This sample is no longer kept. Press Speak to make it again.")
            ) from error
        return self._keep(contents[0], contents[1], contents[2], clip.level)

    def remove(self, clip: Clip) -> None:
        """Forget a clip."""
        for path in (clip.audio, clip.day, clip.night):
            try:
                size = path.stat().st_size
                path.unlink()
            except OSError:
                continue  # removed already
            with self._lock:
                self._bytes -= size

    def _write(self, content: bytes, suffix: str) -> Path:
        path = self.folder / f"{secrets.token_hex(16)}{suffix}"
        try:
            path.write_bytes(content)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise SynthesisError(
                Message(
                    "The sample could not be kept ({why}). The server's owner has to make room on the disk.",
                    why=error.strerror,
                )
            ) from error
        os.utime(path, _SAME_TIME)
        return path

    def _serve(self, request: Request) -> Response:
        """A file by its random name; the server's folders are nobody's business."""
        name = request.path_params["name"].rpartition("/")[2]
        path = self.folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            return Response("This sample is no longer kept.", 404, HEADERS, "text/plain")
        return FileResponse(path, headers=HEADERS)


def _sweep() -> None:
    """Remove what servers that were killed have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
