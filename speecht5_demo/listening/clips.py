"""Clips on disk: lossless, and all of one length in bytes.

The number of bytes of a clip would tell a variant that speaks faster or stops later before anyone has
listened. Every file of a study is therefore padded to one size behind its audio, with a `JUNK` chunk, which
every WAV reader skips: what is heard is untouched.
"""

import io
import os
import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speecht5_demo.errors import StudyError

_HEADER = 44
_CHUNK_HEADER = 8


def smallest_file(frames: int) -> int:
    """Bytes that a 16-bit mono clip of `frames` samples needs, the empty padding chunk included."""
    return _HEADER + 2 * frames + _CHUNK_HEADER


def wav_bytes(samples: npt.NDArray[np.float32], sampling_rate: int, size: int) -> bytes:
    """A 16-bit mono WAV of exactly `size` bytes (even); samples beyond full scale are refused, never
    clipped.
    """
    if np.max(np.abs(samples), initial=0.0) > 1.0:
        raise StudyError("A clip goes beyond full scale; lower loudness.target_lufs or peak_dbfs.")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sampling_rate)
        out.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    audio = buffer.getvalue()
    padding = size - len(audio) - _CHUNK_HEADER
    if padding < 0 or padding % 2:
        raise StudyError(f"A clip of {len(audio)} bytes cannot be padded to {size}.")
    whole = audio + b"JUNK" + struct.pack("<I", padding) + bytes(padding)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def read_wav(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """Samples in [-1, 1] and the sampling rate of a clip."""
    with wave.open(str(path), "rb") as clip:
        frames = clip.readframes(clip.getnframes())
        samples = np.frombuffer(frames, "<i2").astype(np.float32) / np.float32(32767)
        return samples.astype(np.float32), clip.getframerate()


def write_durably(path: Path, data: bytes) -> None:
    """Either the whole file under its name, or no file of that name: safe against a kill at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
