"""Samples as FLAC frames: lossless, and one a chunk, so that a chunk can be played before the next is made.

The samples are stored as they are ("verbatim"): a chunk is some kilobytes, and nothing has to be tuned or waited for.
Source: RFC 9639, sections 9.1 (frame header), 9.2.3 (verbatim subframe) and 8.2 (STREAMINFO).
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

LONGEST_FRAME = 65_535
"""Samples of one frame."""


def stream_info(sampling_rate: int) -> bytes:
    """The STREAMINFO block, its header included: 16-bit mono of a length that nobody knows yet."""
    layout = sampling_rate << 44 | (16 - 1) << 36
    content = struct.pack(">HH", 16, LONGEST_FRAME) + bytes(6) + layout.to_bytes(8, "big") + bytes(16)
    return b"\x80" + len(content).to_bytes(3, "big") + content


def flac_frame(pcm: NDArray[np.int16], first: int, sampling_rate: int) -> bytes:
    """One frame.

    Args:
        pcm: 1 to 65,535 samples.
        first: how many samples lie before it.
        sampling_rate: in Hz, below 65,536.
    """
    header = b"\xff\xf9\x7d\x08" + _number(first) + struct.pack(">HH", len(pcm) - 1, sampling_rate)
    frame = header + bytes([_crc8(header)]) + b"\x02" + pcm.astype(">i2").tobytes()
    return frame + struct.pack(">H", _crc16(frame))


def _number(value: int) -> bytes:
    """A number below 2**36 in the frame header's extension of UTF-8."""
    if value < 0x80:
        return bytes([value])
    tail, room = [], 0x3F
    while value > room:
        tail.append(0x80 | value & 0x3F)
        value, room = value >> 6, room >> 1
    return bytes([0xFF & ~(2 * room + 1) | value, *reversed(tail)])


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table = []
    for value in range(256):
        rest = value << bits - 8
        for _ in range(8):
            rest = (rest << 1 ^ polynomial if rest & top else rest << 1) & mask
        table.append(rest)
    return tuple(table)


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    rest = 0
    for byte in data:
        rest = _CRC8[rest ^ byte]
    return rest


def _crc16(data: bytes) -> int:
    rest = 0
    for byte in data:
        rest = rest << 8 & 0xFFFF ^ _CRC16[rest >> 8 ^ byte]
    return rest
