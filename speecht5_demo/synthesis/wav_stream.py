"""Speech as a WAV that can be played while it is made."""

from __future__ import annotations

from typing import BinaryIO

from speecht5_demo.synthesis.streaming import SpeechStream
from speecht5_demo.wav import Tags, WavStream


def write_stream(stream: SpeechStream, sink: BinaryIO, tags: Tags | None = None) -> None:
    """Write each chunk as soon as it is made; the lengths are set at the end where `sink` can seek."""
    wav = WavStream(sink, stream.sampling_rate, tags)
    for chunk in stream:
        wav.write(chunk)
    wav.close()
