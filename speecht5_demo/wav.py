"""Samples as 16-bit PCM and as WAV: one rounding, one header, wherever audio leaves the program."""

from __future__ import annotations

import struct
import wave
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import SynthesisError
from speecht5_demo.files import write_bytes

FULL_SCALE = 32767
HEADER_BYTES = 44
ENDLESS = 0xFFFFFFFF
"""Length in the header while nobody knows it: players then read on until the end."""


def as_int16(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Samples in [-1, 1] to the nearest 16-bit integer, little-endian; louder ones are clipped, none is normalised.

    Raises:
        SynthesisError: a sample is not a finite number; it would be heard as noise.
    """
    if not np.isfinite(samples).all():
        count = int(np.count_nonzero(~np.isfinite(samples)))
        raise SynthesisError(
            f"{count} of {samples.size} samples are not finite, so nothing is written: "
            "a weight of this checkpoint or variant is broken. Choose another."
        )
    return np.asarray(np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE), dtype="<i2")


def as_float32(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """What `as_int16` rounded, in [-1, 1]."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def wav_header(sampling_rate: int, audio_bytes: int) -> bytes:
    """The 44 bytes before mono 16-bit PCM; `ENDLESS` where its length is not known yet."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sampling_rate, sampling_rate * 2, 2, 16)
    whole = min(audio_bytes + HEADER_BYTES - 8, ENDLESS)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + form + struct.pack("<4sI", b"data", audio_bytes)


def wav_bytes(samples: NDArray[Any], sampling_rate: int) -> bytes:
    """A 16-bit mono WAV file."""
    pcm = as_int16(samples).tobytes()
    return wav_header(sampling_rate, len(pcm)) + pcm


def write_wav_file(samples: NDArray[Any], sampling_rate: int, path: Path, *, parents: bool = False) -> Path:
    """Write a 16-bit mono WAV file, whole or not at all, and return its path.

    Raises:
        OutputError: the file cannot be written.
        SynthesisError: a sample is not finite.
    """
    return write_bytes(path, wav_bytes(samples, sampling_rate), parents=parents)


def read_wav(source: Path | bytes) -> tuple[NDArray[np.float32], int]:
    """Samples in [-1, 1] and the sampling rate of a 16-bit mono WAV that this module wrote."""
    with wave.open(BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return as_float32(pcm), file.getframerate()


class WavStream:
    """A WAV that can be played while it grows, into a file or a pipe.

    The lengths of its header are set by `close`, where the sink can seek.
    """

    def __init__(self, sink: BinaryIO, sampling_rate: int) -> None:
        self._sink = sink
        self._rate = sampling_rate
        self._written = 0
        sink.write(wav_header(sampling_rate, ENDLESS))

    def write(self, samples: NDArray[Any]) -> None:
        """Append samples and hand them on at once."""
        pcm = as_int16(samples).tobytes()
        self._sink.write(pcm)
        self._sink.flush()
        self._written += len(pcm)

    def close(self) -> None:
        """Set the lengths; the sink itself stays open."""
        if self._sink.seekable():
            self._sink.seek(0)
            self._sink.write(wav_header(self._rate, self._written))
            self._sink.flush()
