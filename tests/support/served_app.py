"""The whole app in a process of its own, as a deployment starts it: beside a loopback hub, with few random weights."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.conftest import wait_until_up
from tests.support.app_process import AppProcess
from tests.support.ports import free_port
from tests.support.programs import start


@dataclass
class ServedApp:
    """A running app.

    Attributes:
        port: on 127.0.0.1.
        process: of it.
        log: what it wrote.
    """

    port: int
    process: AppProcess
    log: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("GET", path, headers=dict(headers or {}))
            reply = line.getresponse()
            return reply.status, reply.read().decode()
        finally:
            line.close()

    def health(self) -> dict[str, Any]:
        """What `/healthz` says."""
        found: dict[str, Any] = json.loads(self.get("/healthz")[1])
        return found

    def end(self) -> float:
        """Ask it to end; seconds until it did."""
        asked = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=60)
        return time.monotonic() - asked


def until(happened: Callable[[], object], seconds: float = 90, what: str = "it") -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.1)


@contextmanager
def served_app(folder: Path, environment: Mapping[str, str]) -> Iterator[ServedApp]:
    """`python app.py` on a free port; its log lies in `folder`."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    fixed = {"HOST": "127.0.0.1", "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    process = start(["app.py"], {**environment, **fixed}, log)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", process, log)
        yield ServedApp(port, process, log)
    finally:
        process.kill()
        process.join(60)
