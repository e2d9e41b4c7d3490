"""Samples and spectrograms as files that say nothing about themselves.

A blind card must not be told apart by what surrounds its audio: names are random, and the time of writing,
which a server sends as Last-Modified and which would tell how long each variant took, is the same for all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from speecht5_demo.synthesis import Speech
from speecht5_demo.ui.components.spectrogram import DAY, NIGHT, spectrogram_png
from speecht5_demo.wav import wav_bytes

_PREFIX = "speecht5-demo-clips-"
_SAME_TIME = (1_000_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Clip:
    """One sample on disk.

    Attributes:
        audio: 16-bit mono WAV.
        sha256: of that file, hexadecimal.
        day, night: its spectrogram for light and for dark pages, PNG.
    """

    audio: Path
    sha256: str
    day: Path
    night: Path


class ClipCache:
    """A folder of clips that exists as long as this process; the oldest give way when it is full.

    Args:
        capacity_bytes: of all files together.
    """

    def __init__(self, capacity_bytes: int = 1_000_000_000) -> None:
        _sweep()
        self._holder = tempfile.TemporaryDirectory(
            prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._holder.name).resolve()
        self._capacity = capacity_bytes
        self._lock = threading.Lock()
        self._files: deque[tuple[Path, int]] = deque()
        self._bytes = 0

    def store(self, speech: Speech) -> Clip:
        """Write a speech's audio and pictures."""
        audio = wav_bytes(speech.samples, speech.sampling_rate)
        return Clip(
            audio=self._write(audio, ".wav"),
            sha256=hashlib.sha256(audio).hexdigest(),
            day=self._write(spectrogram_png(speech.mel, DAY), ".png"),
            night=self._write(spectrogram_png(speech.mel, NIGHT), ".png"),
        )

    def _write(self, content: bytes, suffix: str) -> Path:
        path = self.folder / f"{secrets.token_hex(16)}{suffix}"
        path.write_bytes(content)
        os.utime(path, _SAME_TIME)
        with self._lock:
            self._files.append((path, len(content)))
            self._bytes += len(content)
            while self._bytes > self._capacity and len(self._files) > 1:
                oldest, size = self._files.popleft()
                oldest.unlink(missing_ok=True)
                self._bytes -= size
        return path


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
