"""Samples to bytes while they are made, in the formats that OpenAI's clients ask for.

WAV and PCM are ours; the others are libsndfile's, which writes into a sink that hands on what comes and forgets what is
written over it later: lengths in a header, which nobody knows while speech is made.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from speecht5_demo.audio_file import write_tags
from speecht5_demo.wav import ENDLESS, Tags, as_float32, as_int16, wav_header

PCM_RATE = 24_000
"""What OpenAI's clients play headerless PCM at."""
DEFAULT_FORMAT = "mp3"
MP3_COMPRESSION = 0.6
"""Of libsndfile's scale from 0 to 1: 64 kbit/s."""
_BLOCK = 16_000  # libsndfile's Vorbis and Opus coders overflow their stack on long blocks
_CODINGS = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "opus": ("OGG", "OPUS"),
    "flac": ("FLAC", "PCM_16"),
}
FORMATS = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": f"audio/pcm;rate={PCM_RATE};channels=1",
}
"""Name of each format and its media type."""

Samples = NDArray[np.float32]


class Encoder(Protocol):
    """Bytes of one speech."""

    def add(self, samples: Samples) -> bytes:
        """What more samples in [-1, 1] become, as far as it is ready."""

    def end(self) -> bytes:
        """The rest."""


def can_encode(audio_format: str) -> bool:
    """Whether this machine's libsndfile writes a format."""
    return audio_format not in _CODINGS or bool(soundfile.check_format(*_CODINGS[audio_format]))


def open_encoder(audio_format: str, sampling_rate: int, tags: Tags) -> Encoder:
    """An encoder of one of `FORMATS`; all but PCM carry the tags."""
    if audio_format == "wav":
        return _Wav(sampling_rate, tags)
    if audio_format == "pcm":
        return _Pcm(sampling_rate)
    return _Libsndfile(audio_format, sampling_rate, tags)


class _Wav:
    def __init__(self, sampling_rate: int, tags: Tags) -> None:
        self._header = wav_header(sampling_rate, ENDLESS, tags)

    def add(self, samples: Samples) -> bytes:
        header, self._header = self._header, b""
        return header + as_int16(samples).tobytes()

    def end(self) -> bytes:
        return self._header


class _Pcm:
    """16-bit samples at the rate that clients expect."""

    def __init__(self, sampling_rate: int) -> None:
        import soxr

        self._resampler = soxr.ResampleStream(sampling_rate, PCM_RATE, 1, dtype="float32")

    def add(self, samples: Samples) -> bytes:
        return as_int16(self._resampler.resample_chunk(samples)).tobytes()

    def end(self) -> bytes:
        return as_int16(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)).tobytes()


class _Sink(io.RawIOBase):
    """A file for libsndfile of which the front is already sent."""

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0
        self._waiting = bytearray()
        self._at = 0

    def write(self, data: Any) -> int:
        content, begin = bytes(data), self._at
        self._at += len(content)
        fresh = content[max(0, self._sent - begin) :]
        place = max(begin, self._sent) - self._sent
        if fresh:
            self._waiting[place : place + len(fresh)] = fresh
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._sent + len(self._waiting)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._waiting)
        self._sent += len(taken)
        self._waiting.clear()
        return taken


class _Libsndfile:
    def __init__(self, audio_format: str, sampling_rate: int, tags: Tags) -> None:
        form, coding = _CODINGS[audio_format]
        self._sink = _Sink()
        # MP3 at a constant rate: players tell its length from its size, as no index can be written at the front.
        rate = {"bitrate_mode": "CONSTANT", "compression_level": MP3_COMPRESSION} if form == "MP3" else {}
        self._file = soundfile.SoundFile(self._sink, "w", sampling_rate, 1, coding, format=form, **rate)
        write_tags(self._file, tags)
        self._shape: Callable[[NDArray[np.int16]], NDArray[Any]] = (
            (lambda pcm: pcm) if coding == "PCM_16" else as_float32
        )

    def add(self, samples: Samples) -> bytes:
        data = self._shape(as_int16(samples))
        for first in range(0, len(data), _BLOCK):
            self._file.write(data[first : first + _BLOCK])
        return self._sink.take()

    def end(self) -> bytes:
        self._file.close()
        return self._sink.take()
