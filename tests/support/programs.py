"""Python programs in processes of their own, copies of the warm process: started, run to their end, talked with."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.support.app_process import ROOT, AppProcess, warm_up


@dataclass(frozen=True)
class Conversation:
    """A program to which lines are written, and whose lines are read."""

    process: AppProcess
    stdin: TextIO
    stdout: TextIO

    def ask(self, line: str = "") -> str:
        """Its next line, after this one was written to it."""
        self.stdin.write(line + "\n")
        self.stdin.flush()
        return self.stdout.readline()

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.join(60)
        self.stdin.close()
        self.stdout.close()


def start(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path | None = None, cwd: Path = ROOT
) -> AppProcess:
    """`python ARGUMENTS` in this environment, without input; what it writes is in `log`, or nowhere."""
    with ExitStack() as files:
        nothing = files.enter_context(open(os.devnull, "r+b"))
        output = nothing if log is None else files.enter_context(log.open("ab"))
        streams = (nothing.fileno(), output.fileno(), output.fileno())
        return warm_up().start(arguments, environment, cwd, streams)


def run(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path = ROOT, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """What `python ARGUMENTS` says and ends with, as `subprocess.run` tells it; it has no input.

    Raises:
        subprocess.TimeoutExpired: it did not end in time, and was killed.
    """
    with ExitStack() as files:
        nothing = files.enter_context(open(os.devnull, "rb"))
        told = [files.enter_context(tempfile.TemporaryFile("w+b")) for _ in range(2)]
        streams = [file.fileno() for file in (nothing, *told)]
        process = warm_up().start(arguments, environment, cwd, streams)
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        for file in told:
            file.seek(0)
        output, errors = (file.read().decode() for file in told)
        return subprocess.CompletedProcess(list(arguments), status, output, errors)


def converse(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path = ROOT) -> Conversation:
    """`python ARGUMENTS`, to be talked with; what it says to its error output is lost."""
    to_read, to_write = os.pipe(), os.pipe()
    with open(os.devnull, "wb") as nothing:
        process = warm_up().start(arguments, environment, cwd, (to_read[0], to_write[1], nothing.fileno()))
    os.close(to_read[0])
    os.close(to_write[1])
    return Conversation(process, open(to_read[1], "w", encoding="utf-8"), open(to_write[0], encoding="utf-8"))
