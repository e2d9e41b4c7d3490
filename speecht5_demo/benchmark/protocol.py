"""How a measuring process talks: it reads one JSON request a line and answers one JSON line.

A process apart has its own memory to measure and its own cold start, and waits without using the processor while
another has its turn. Peers read this file in an environment of their own: it imports nothing of ours.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

NEVER = 1e9
"""A stop threshold that no probability reaches: every engine makes the same number of frames."""


@dataclass(frozen=True)
class Ready:
    """What a process says first, once it has spoken a short utterance.

    Attributes:
        versions: of its packages.
        disk_bytes: of its weights, where it tells.
        note: how it computes.
    """

    versions: dict[str, str] = field(default_factory=dict)
    disk_bytes: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Utterance:
    """One utterance, in seconds.

    Attributes:
        encode_s, decode_s, vocode_s: by stage.
        audio_s: of speech.
        steps: of the decoder.
        attention_s: of `decode_s`, in attention; None where the engine does not tell.
        rss_bytes, peak_rss_bytes: memory of the process afterwards, and at most.
    """

    encode_s: float
    decode_s: float
    vocode_s: float
    audio_s: float
    steps: int
    attention_s: float | None = None
    rss_bytes: int = 0
    peak_rss_bytes: int = 0

    @property
    def total_s(self) -> float:
        """All stages."""
        return self.encode_s + self.decode_s + self.vocode_s


@dataclass(frozen=True)
class FirstAudio:
    """Seconds until the first samples could be played, and how many seconds they are."""

    ttfa_s: float
    first_audio_s: float


@dataclass(frozen=True)
class Batch:
    """Several utterances at once: seconds in all, of them in the vocoder, and of speech; None where it cannot."""

    total_s: float | None
    vocode_s: float = 0.0
    audio_s: float = 0.0


@dataclass(frozen=True)
class Contents:
    """Bytes and parameters of a variant by name, and which kernels run."""

    sizes: dict[str, int]
    kernels: str


Answer = Utterance | FirstAudio | Batch | Contents


def memory() -> dict[str, int]:
    """Resident bytes of this process, now and at most."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    facts = {line.split(":")[0]: line.split() for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"rss_bytes": int(facts["VmRSS"][1]) * 1024, "peak_rss_bytes": int(facts["VmHWM"][1]) * 1024}


def pin(threads: int) -> None:
    """Keep this process on as many processors as it has threads, the last of those it may use."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[-threads:])


def versions(*packages: str) -> dict[str, str]:
    """Installed versions."""
    return {package: importlib.metadata.version(package) for package in packages}


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder that hold weights."""
    return sum(
        path.stat().st_size for path in folder.rglob("*") if path.suffix in {".bin", ".xml", ".onnx", ".data"}
    )


def serve(ready: Ready, speak: Callable[[int, int], Utterance], **others: Callable[..., Answer]) -> None:
    """Warm up, then answer until the input ends.

    Args:
        ready: the first line.
        speak: an utterance of so many characters and steps.
        others: further requests by name; they take the request's values.
    """
    speak(12, 4)
    answers: Mapping[str, Callable[..., Answer]] = {"speak": speak, **others}
    print(json.dumps(asdict(ready)), flush=True)
    for line in sys.stdin:
        request: dict[str, str | int] = json.loads(line)
        answer = asdict(answers[str(request.pop("do"))](**request))
        print(json.dumps(answer | memory() if "rss_bytes" in answer else answer), flush=True)
