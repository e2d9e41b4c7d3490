"""How long the image's command takes to a server that is ready: `make start`, without the image.

The kernels are compiled before, as the image has them, and the environment is the image's: the built-in voice, a data
folder that is empty, no network. Seconds run from the start of the process to the first /healthz that says ready for
the voice; CPU seconds are those of the process and its children until then.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST_S = 300.0


def main(arguments: Sequence[str]) -> int:
    """1 where it does not get ready."""
    parser = argparse.ArgumentParser(description="Seconds to a server that is ready.")
    parser.add_argument("--rounds", type=int, default=3, help="how many starts")
    parser.add_argument("--cache", type=Path, help="folder of the kernels; one of its own when left out")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        cache = given.cache or Path(folder) / "cache"
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(cache),
            "CHECKPOINT": "embedded",
            "HF_HUB_OFFLINE": "1",
        }
        begun = time.monotonic()
        built = subprocess.run([sys.executable, "scripts/kernels.py"], cwd=ROOT, env=environment, check=False)
        if built.returncode:
            return 1
        print(f"kernels: {time.monotonic() - begun:.1f} s for {kernels(cache)}", flush=True)
        for number in range(given.rounds):
            data = Path(folder) / f"data-{number}"
            try:
                page_s, ready_s, cpu_s = start({**environment, "DATA_DIR": str(data)}, Path(folder) / "log")
            except TimeoutError as error:
                print(error, file=sys.stderr)
                return 1
            print(
                f"start {number + 1}: page {page_s:.1f} s, voice ready {ready_s:.1f} s, CPU {cpu_s:.1f} s",
                flush=True,
            )
    return 0


def kernels(cache: Path) -> str:
    """The files of kernels in a cache."""
    return ", ".join(sorted(path.name for path in cache.rglob("*.so"))) or "no level"


def start(environment: dict[str, str], log: Path) -> tuple[float, float, float]:
    """Seconds to a page, seconds to a voice that can speak, and CPU seconds until then.

    Raises:
        TimeoutError: it did not get ready; the message ends with what it said.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env={**environment, "HOST": "127.0.0.1", "PORT": str(port)},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    page_s = 0.0
    try:
        while server.poll() is None and time.monotonic() - begun < LONGEST_S:
            status = asked(port)
            page_s = page_s or (time.monotonic() - begun if status else 0.0)
            if status == 200:
                ready_s = time.monotonic() - begun
                server.terminate()
                server.wait(30)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                return page_s, ready_s, cpu_s
            time.sleep(0.05)
    finally:
        server.kill()
        server.wait()
    told = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise TimeoutError(f"The server did not get ready: {told[-1] if told else 'it said nothing'}")


def asked(port: int) -> int:
    """The status of /healthz: 0 while nobody answers, 503 while the voice is loaded, then 200."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/healthz")
        reply = line.getresponse()
        json.loads(reply.read())
        return reply.status
    except (OSError, http.client.HTTPException, ValueError):
        return 0
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
