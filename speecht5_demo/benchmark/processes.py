"""Workers from the outside: started, asked, and always ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from speecht5_demo.benchmark.protocol import Answer, Ready
from speecht5_demo.errors import DemoError

ROOT = Path(__file__).resolve().parents[2]
"""Where this package lies: the process may start in another folder."""

A = TypeVar("A", bound=Answer)
Line = TypeVar("Line", bound=Answer | Ready)


class BenchmarkError(DemoError):
    """A measurement cannot be made."""


class Worker:
    """A process that answers one JSON line to each JSON line.

    Args:
        name: of what it measures.
        command: to start it.
        environment: added to this process's own.

    Attributes:
        cold_start_s: seconds from starting the process until it had spoken a first short utterance.
        ready: its first line.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # closed with the worker
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.ready = self._answer(Ready)
        self.cold_start_s = time.perf_counter() - begin

    def ask(self, form: type[A], do: str, **arguments: int) -> A:
        """Send one request and wait for its answer, of the given form.

        Raises:
            BenchmarkError: the process ended instead; the message holds its last line.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
        return self._answer(form)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def _answer(self, form: type[Line]) -> Line:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):  # libraries print notices of their own
                answer: Line = TypeAdapter(form).validate_json(line)
                return answer
        self._process.wait()
        self._errors.seek(0)
        said = [line for line in self._errors.read().splitlines() if line.strip()]
        why = said[-1] if said else f"exit code {self._process.returncode}"
        raise BenchmarkError(f"Measuring {self.name} ended early: {why}. Leave it out, or repair it first.")


@contextlib.contextmanager
def workers() -> Iterator[list[Worker]]:
    """A list; every worker that is added to it is ended."""
    started: list[Worker] = []
    try:
        yield started
    finally:
        for worker in started:
            worker.close()


def variant_worker(checkpoint: str, variant: str, threads: int, artifacts: str) -> Worker:
    """A worker that speaks a variant."""
    command = [sys.executable, "-m", "speecht5_demo.benchmark.worker", checkpoint, variant, str(threads)]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    environment = {"ARTIFACTS_DIR": artifacts, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": path}
    return Worker(variant, command, environment)
