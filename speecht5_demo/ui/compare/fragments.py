"""A track of FLAC in fragmented MP4: what a browser's MediaSource plays without loss, chunk by chunk.

A WAV that grows would be plainer. But Chromium reads some 230 kB of one before it plays, seven seconds of speech at
16 kHz, and 64 kB of a growing FLAC; handed to a MediaSource, the first quarter of a second plays at once.
Sources: ISO/IEC 14496-12 (boxes), https://github.com/xiph/flac/blob/master/doc/isoflac.txt (FLAC in them).
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from speecht5_demo.ui.compare.flac import flac_frame, stream_info

MIME = 'audio/mp4; codecs="flac"'
_IDENTITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def opening(sampling_rate: int) -> bytes:
    """What comes before all fragments: one track of 16-bit mono."""
    sound = struct.pack(">6xH8xHHII", 1, 1, 16, 0, sampling_rate << 16)
    entry = _box(b"fLaC", sound, _full_box(b"dfLa", 0, stream_info(sampling_rate)))
    samples = _box(
        b"stbl",
        _full_box(b"stsd", 0, struct.pack(">I", 1), entry),
        *(_full_box(kind, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")),
        _full_box(b"stsz", 0, bytes(8)),
    )
    here = _full_box(b"dref", 0, struct.pack(">I", 1), _full_box(b"url ", 1))
    media = _box(
        b"mdia",
        _full_box(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, sampling_rate, 0, 0x55C4, 0)),
        _full_box(b"hdlr", 0, struct.pack(">4x4s13x", b"soun")),
        _box(b"minf", _full_box(b"smhd", 0, bytes(4)), _box(b"dinf", here), samples),
    )
    track = _box(
        b"trak", _full_box(b"tkhd", 3, struct.pack(">8xI20xH2x", 1, 0x100), _IDENTITY, bytes(8)), media
    )
    movie = struct.pack(">8xIIIH10x", sampling_rate, 0, 0x10000, 0x100)
    return _box(b"ftyp", b"iso5", bytes(4), b"iso5iso6mp41") + _box(
        b"moov",
        _full_box(b"mvhd", 0, movie, _IDENTITY, bytes(24), struct.pack(">I", 2)),
        track,
        _box(b"mvex", _full_box(b"trex", 0, struct.pack(">IIIII", 1, 1, 0, 0, 0))),
    )


def fragment(number: int, pcm: NDArray[np.int16], first: int, sampling_rate: int) -> bytes:
    """One chunk.

    Args:
        number: of the fragment, from 1.
        pcm: 1 to 65,535 samples.
        first: how many samples lie before it.
        sampling_rate: in Hz.
    """
    frame = flac_frame(pcm, first, sampling_rate)

    def head(offset: int) -> bytes:
        run = _full_box(b"trun", 0x301, struct.pack(">IIII", 1, offset, len(pcm), len(frame)))
        track = _full_box(b"tfhd", 0x20000, struct.pack(">I", 1))
        time = _full_box(b"tfdt", 1 << 24, struct.pack(">Q", first))
        return _box(
            b"moof", _full_box(b"mfhd", 0, struct.pack(">I", number)), _box(b"traf", track, time, run)
        )

    return head(len(head(0)) + 8) + _box(b"mdat", frame)


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _full_box(kind: bytes, version_and_flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version_and_flags), *content)
