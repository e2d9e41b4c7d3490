"""Samples as 16-bit PCM and as WAV: one rounding, one header, wherever audio leaves the program.

What is taken away says in its metadata that it is synthetic; what a blind test plays says nothing.
"""

from __future__ import annotations

import struct
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.errors import SynthesisError
from speecht5_demo.files import write_bytes
from speecht5_demo.messages import Message

FULL_SCALE = 32767
HEADER_BYTES = 44
ENDLESS = 0xFFFFFFFF
"""Length in the header while nobody knows it: players then read on until the end."""


@dataclass(frozen=True)
class Tags:
    """What an audio file says of itself.

    Attributes:
        title: what is said.
        artist: who says it: the checkpoint and the speaker.
        comment: that it is synthetic, and how it was made.
        software: what made it.
    """

    title: str
    artist: str
    comment: str
    software: str


def as_int16(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Samples in [-1, 1] to the nearest 16-bit integer, little-endian; louder ones are clipped, none is normalised.

    Raises:
        SynthesisError: a sample is not a finite number; it would be heard as noise.
    """
    if not np.isfinite(samples).all():
        count = int(np.count_nonzero(~np.isfinite(samples)))
        raise SynthesisError(
            Message(
                "{broken} of {all} samples are not finite, so nothing is written: a weight of this checkpoint or "
                "variant is broken. Choose another.",
                broken=count,
                all=samples.size,
            )
        )
    return np.asarray(np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE), dtype="<i2")


def as_float32(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """What `as_int16` rounded, in [-1, 1]."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def wav_header(sampling_rate: int, audio_bytes: int, tags: Tags | None = None) -> bytes:
    """What comes before mono 16-bit PCM: 44 bytes, and the tags; `ENDLESS` where its length is not known yet."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sampling_rate, sampling_rate * 2, 2, 16)
    said = _info_chunk(tags) if tags else b""
    whole = min(audio_bytes + HEADER_BYTES + len(said) - 8, ENDLESS)
    start = struct.pack("<4sI4s", b"RIFF", whole, b"WAVE")
    return start + form + said + struct.pack("<4sI", b"data", audio_bytes)


def _info_chunk(tags: Tags) -> bytes:
    """RIFF's LIST of INFO, in UTF-8."""
    fields = (
        (b"INAM", tags.title),
        (b"IART", tags.artist),
        (b"ICMT", tags.comment),
        (b"ISFT", tags.software),
    )
    content = b"INFO"
    for name, text in fields:
        written = text.encode("utf-8", "replace").replace(b"\0", b" ") + b"\0"
        content += struct.pack("<4sI", name, len(written)) + written + b"\0" * (len(written) % 2)
    return struct.pack("<4sI", b"LIST", len(content)) + content


def wav_bytes(samples: NDArray[Any], sampling_rate: int, tags: Tags | None = None) -> bytes:
    """A 16-bit mono WAV file."""
    return tagged_wav(as_int16(samples), sampling_rate, tags)


def tagged_wav(pcm: NDArray[np.int16], sampling_rate: int, tags: Tags | None) -> bytes:
    """A WAV file of samples that were rounded already."""
    data = pcm.astype("<i2", copy=False).tobytes()
    return wav_header(sampling_rate, len(data), tags) + data


def write_wav_file(
    samples: NDArray[Any],
    sampling_rate: int,
    path: Path,
    *,
    parents: bool = False,
    tags: Tags | None = None,
) -> Path:
    """Write a 16-bit mono WAV file, whole or not at all, and return its path.

    Raises:
        OutputError: the file cannot be written.
        SynthesisError: a sample is not finite.
    """
    return write_bytes(path, wav_bytes(samples, sampling_rate, tags), parents=parents)


def read_wav(source: Path | bytes) -> tuple[NDArray[np.float32], int]:
    """Samples in [-1, 1] and the sampling rate of a 16-bit mono WAV that this module wrote."""
    with wave.open(BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return as_float32(pcm), file.getframerate()


class WavStream:
    """A WAV that can be played while it grows, into a file or a pipe.

    The lengths of its header are set by `close`, where the sink can seek.
    """

    def __init__(self, sink: BinaryIO, sampling_rate: int, tags: Tags | None = None) -> None:
        self._sink = sink
        self._rate = sampling_rate
        self._tags = tags
        self._written = 0
        sink.write(wav_header(sampling_rate, ENDLESS, tags))

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
            self._sink.write(wav_header(self._rate, self._written, self._tags))
            self._sink.flush()
