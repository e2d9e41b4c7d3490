"""A WAV that can be played while it grows, into a file or a pipe."""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np

from speecht5_demo.synthesis.streaming import SpeechStream

ENDLESS = 0xFFFFFFFF
"""Length in the header while nobody knows it: players then read on until the end."""


def write_stream(stream: SpeechStream, sink: BinaryIO) -> None:
    """Write each chunk of 16-bit PCM as soon as it is made; the lengths are set at the end where `sink` can seek."""
    sink.write(_header(stream.sampling_rate, ENDLESS))
    written = 0
    for chunk in stream:
        written += sink.write(np.rint(chunk * 32767.0).astype("<i2").tobytes())
        sink.flush()
    if sink.seekable():
        sink.seek(0)
        sink.write(_header(stream.sampling_rate, written))
        sink.flush()


def _header(rate: int, size: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    whole = min(size + 36, ENDLESS)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + form + struct.pack("<4sI", b"data", size)
