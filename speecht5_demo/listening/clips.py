"""Clips on disk: lossless, and all of one length in bytes.

The number of bytes of a clip would tell a variant that speaks faster or stops later before anyone has
listened. Every file of a study is therefore padded to one size behind its audio, with a `JUNK` chunk, which
every WAV reader skips: what is heard is untouched. Another one behind it carries the receipt of who fetched it.
"""

import struct

import numpy as np
import numpy.typing as npt

from speecht5_demo import wav
from speecht5_demo.errors import StudyError

_CHUNK_HEADER = 8


def smallest_file(frames: int) -> int:
    """Bytes that a 16-bit mono clip of `frames` samples needs, the empty padding chunk included."""
    return wav.HEADER_BYTES + 2 * frames + _CHUNK_HEADER


def wav_bytes(samples: npt.NDArray[np.float32], sampling_rate: int, size: int) -> bytes:
    """A 16-bit mono WAV of exactly `size` bytes (even); samples beyond full scale are refused, never clipped."""
    if np.max(np.abs(samples), initial=0.0) > 1.0:
        raise StudyError("A clip goes beyond full scale; lower loudness.target_lufs or peak_dbfs.")
    audio = wav.wav_bytes(samples, sampling_rate)
    padding = size - len(audio) - _CHUNK_HEADER
    if padding < 0 or padding % 2:
        raise StudyError(f"A clip of {len(audio)} bytes cannot be padded to {size}.")
    whole = audio + b"JUNK" + struct.pack("<I", padding) + bytes(padding)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def with_receipt(clip: bytes, receipt: str) -> bytes:
    """The clip with a receipt as its last bytes: who has it has read the clip to its end."""
    written = receipt.encode("ascii")
    whole = clip + b"JUNK" + struct.pack("<I", len(written)) + written
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]
