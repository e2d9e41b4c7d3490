"""How fast a rating is acknowledged while a hundred people listen and the same server speaks.

    python -m benchmarks.listening_load STUDY_FOLDER [--listeners 100] [--seconds 60] [--json OUT]

Starts `python app.py` with the study, keeps its `/compare` endpoint busy without a pause, lets the listeners rate with
the pauses that people make (a clip and a thought), and prints percentiles of the time from sending a rating to "saved".
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from gradio_client import Client

from tests.support.listener import Listener

ROOT = Path(__file__).resolve().parents[1]


def start_app(study: Path, data: str) -> tuple[subprocess.Popen[bytes], int]:
    """The whole app on a free port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    chosen = {"HOST": "127.0.0.1", "PORT": str(port), "STUDY_DIR": str(study.resolve()), "DATA_DIR": data}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CHECKPOINT": "embedded", **chosen},
        stdout=subprocess.DEVNULL,
    )
    for _ in range(1200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=5).close()
            return process, port
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    process.kill()
    raise SystemExit("the app did not start")


def keep_speaking(port: int, stop: threading.Event, spoken: list[float]) -> None:
    """Synthesis without a pause, through the public endpoint."""
    client = Client(f"http://127.0.0.1:{port}", verbose=False)
    while not stop.is_set():
        started = time.monotonic()
        client.predict(
            "Glue the sheet to the dark blue background.", ["baseline", "int8"], api_name="/compare"
        )
        spoken.append(time.monotonic() - started)


def rate_until(listener: Listener, end: float) -> None:
    """One listener after another in the same seat, until time is up."""
    while time.monotonic() < end:
        listener.take_the_test(lambda view: time.monotonic() > end)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--listeners", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=8.0, help="longest pause before a rating, in seconds")
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        process, port = start_app(asked.study, data)
        try:
            stop, spoken = threading.Event(), []
            speaking = threading.Thread(target=keep_speaking, args=(port, stop, spoken), daemon=True)
            speaking.start()
            end = time.monotonic() + asked.seconds
            listeners = [Listener(port, random.Random(k), asked.think) for k in range(asked.listeners)]
            threads = [
                threading.Thread(target=rate_until, args=(each, end), daemon=True) for each in listeners
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(asked.seconds + 120)
            stop.set()
            speaking.join(60)
        finally:
            process.kill()
            process.wait()
    seconds = [second for each in listeners for second in each.seconds]
    result = {
        "listeners": asked.listeners,
        "ratings": len(seconds),
        "ratings_per_s": round(len(seconds) / asked.seconds, 1),
        "p50_ms": round(1000 * percentile(seconds, 0.5), 1),
        "p95_ms": round(1000 * percentile(seconds, 0.95), 1),
        "p99_ms": round(1000 * percentile(seconds, 0.99), 1),
        "comparisons_spoken_meanwhile": len(spoken),
        "cpus": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }
    print(json.dumps(result, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
