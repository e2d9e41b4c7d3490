"""Texts as they go over the wire: in Brotli where the browser reads it, else in gzip."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Literal

import brotli

Encoding = Literal["br", "gzip", ""]


def accepted(headers: Mapping[str, str]) -> Encoding:
    """The best encoding that a request takes; empty for none."""
    takes = set()
    for part in headers.get("accept-encoding", "")[:400].lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            takes.add(name.strip())
    return "br" if "br" in takes else "gzip" if "gzip" in takes else ""


def packed(content: bytes, encoding: Encoding, quality: int) -> bytes:
    """The content in an encoding; Brotli's qualities are 0 to 11, and the last two take seconds a megabyte."""
    if encoding == "br":
        found: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=quality)
        return found
    return gzip.compress(content, min(quality, 9), mtime=0) if encoding == "gzip" else content


def packed_headers(content: bytes, encoding: Encoding) -> dict[str, str]:
    """What an answer says of its body."""
    said = {"content-length": str(len(content)), "vary": "accept-encoding"}
    return {**said, "content-encoding": encoding} if encoding else said
