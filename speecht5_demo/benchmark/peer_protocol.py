"""What a peer's script needs to answer like a worker. It runs in the peers' environment and imports nothing of ours.

Peers say the same number of frames from the same weights; the words do not matter to the clock.
"""

import importlib.metadata
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NEVER = 1e9


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


def serve(speak: Callable[[int, int], dict[str, Any]], ready: dict[str, Any]) -> None:
    """Warm up, then answer one JSON line to each JSON line."""
    speak(12, 4)
    print(json.dumps({"ready": True, **ready, **memory()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({**speak(request["characters"], request["steps"]), **memory()}), flush=True)
