"""Which build of torch to install: on Linux the usual index holds the one for CUDA, which is 3 GB with its libraries.

    TORCH unset  the CPU build, unless there is an NVIDIA GPU
    TORCH=cpu    the CPU build
    TORCH=cuda   the build for CUDA

The CPU build is the wheel that pip finds on this machine; else that of PyTorch's own index, or of the mirror in
TORCH_INDEX, where it answers in time; else the usual one. The version is always the one that is pinned. Needs the
standard library alone: it runs before anything is installed.
"""

from __future__ import annotations

import html
import json
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CHOICES = ("", "cpu", "cuda")
INDEX = "https://download.pytorch.org/whl/cpu"
TIMEOUT_S = 5.0
_USUAL_SIZE = "about 3 GB with its CUDA libraries"
_ROUGH_SIZE = "about 200 MB"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Build:
    """What to ask the installer for.

    Attributes:
        requirement: the pinned version, and which build of it.
        options: of the installer.
        sentence: which build that is, how large, and why.
    """

    requirement: str
    sentence: str
    options: tuple[str, ...] = ()


def choose(
    version: str,
    wanted: str,
    has_gpu: bool,
    local: Callable[[], tuple[str, Path] | None],
    index: str = INDEX,
    timeout_s: float = TIMEOUT_S,
    cafile: str | None = None,
) -> Build:
    """The build of torch to install on Linux.

    Args:
        version: as it is pinned.
        wanted: the value of TORCH, one of `CHOICES`.
        has_gpu: whether there is an NVIDIA GPU.
        local: the version and file of the wheel that pip finds without a network.
        index: of CPU builds.
        timeout_s: to wait for the index.
        cafile: certificates to trust.
    """
    if wanted == "cuda" or (has_gpu and wanted != "cpu"):
        why = (
            "as TORCH=cuda asks"
            if wanted == "cuda"
            else "for this machine's NVIDIA GPU; TORCH=cpu takes less"
        )
        return Build(f"torch=={version},!={version}+cpu", f"torch {version} for CUDA ({_USUAL_SIZE}), {why}.")
    why = (
        "as TORCH=cpu asks"
        if wanted == "cpu"
        else "since there is no NVIDIA GPU; TORCH=cuda installs the other"
    )
    if found := local():
        exact, wheel = found
        size = _megabytes(wheel.stat().st_size)
        return Build(f"torch=={exact}", f"torch {exact} from {wheel.parent} ({size}), {why}.")
    listed = _in_time(lambda: _listed(index, version, cafile), timeout_s)
    if listed:
        size = _in_time(lambda: _size(listed, cafile), timeout_s) or _ROUGH_SIZE
        host = urllib.parse.urlsplit(index).netloc
        return Build(
            f"torch=={version}+cpu",
            f"torch {version}+cpu from {host} ({size}), {why}.",
            ("--extra-index-url", index),
        )
    host = urllib.parse.urlsplit(index).netloc
    return Build(
        f"torch=={version}",
        f"torch {version} from the usual index ({_USUAL_SIZE}): {host} offered no CPU build of it "
        f"within {timeout_s:g} s.",
    )


def has_nvidia_gpu(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the driver or its own tool names a GPU."""
    if any(Path("/proc/driver/nvidia/gpus").glob("*")):
        return True
    tool = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if tool is None:
        return False
    try:
        done = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "GPU" in done.stdout


def wheel_on_disk(python: str, version: str) -> tuple[str, Path] | None:
    """The version and file of the torch wheel that pip finds without an index, as in PIP_FIND_LINKS."""
    ask = [
        python,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--ignore-installed",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    done = subprocess.run(
        [*ask, "--report", "-", f"torch=={version}"], capture_output=True, text=True, check=False
    )
    try:
        (found,) = json.loads(done.stdout)["install"]
        place = urllib.parse.urlsplit(found["download_info"]["url"])
        exact = str(found["metadata"]["version"])
    except (ValueError, KeyError, TypeError):
        return None
    wheel = Path(urllib.request.url2pathname(place.path))
    return (exact, wheel) if place.scheme == "file" and wheel.is_file() else None


def pinned_torch(requirements: Path) -> str | None:
    """The version of torch that a requirements file, or one that it includes, pins."""
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if included := re.match(r"-r\s+(\S+)", line):
            if found := pinned_torch(requirements.parent / included[1]):
                return found
        elif pin := re.match(r"torch==([^\s;#]+)", line):
            return pin[1]
    return None


def _in_time(work: Callable[[], _T | None], timeout_s: float) -> _T | None:
    """What `work` returns, or None where it fails or takes longer; a name server that hangs is not waited for."""
    results: list[_T | None] = []

    def run() -> None:
        try:
            results.append(work())
        except (OSError, ValueError):  # URLError is an OSError
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return results[0] if results else None


def _listed(index: str, version: str, cafile: str | None) -> str | None:
    """The address of the wheel for this Python on this machine."""
    page = f"{index.rstrip('/')}/torch/"
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    wheel = re.compile(
        rf"/torch-{re.escape(version)}\+cpu-{tag}-{tag}-(?:many)?linux\w*_{platform.machine()}\.whl"
    )
    with _open(page, cafile) as answer:
        text = answer.read().decode("utf-8", "replace")
    for link in re.findall(r'href="([^"]+)"', text):
        address = urllib.parse.urljoin(page, html.unescape(link))
        if wheel.search(urllib.parse.unquote(urllib.parse.urlsplit(address).path)):
            return address
    return None


def _size(address: str, cafile: str | None) -> str | None:
    with _open(address, cafile, "HEAD") as answer:
        length = answer.headers.get("Content-Length")
    return _megabytes(int(length)) if length else None


def _open(address: str, cafile: str | None, method: str = "GET"):  # type: ignore[no-untyped-def]
    context = ssl.create_default_context(cafile=cafile) if address.startswith("https:") else None
    request = urllib.request.Request(address, method=method, headers={"User-Agent": "pip/speecht5-demo"})
    return urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context)


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e6:.2f} MB"
