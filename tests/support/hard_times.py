"""Listeners at a server whose process, clock and disk are not to be relied on; and the account afterwards."""

from __future__ import annotations

import csv
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.app_process import ROOT, AppProcess
from tests.support.listener import Listener
from tests.support.ports import free_port
from tests.support.programs import start

HOUR_S = 3600.0


def server_arguments(study: Path, ratings: Path, port: int) -> list[str]:
    """What Python serves a prepared study with."""
    return ["-m", "tests.support.study_server", str(study), str(ratings), str(port)]


def start_server(study: Path, ratings: Path, port: int, clock_s: float = 0.0) -> AppProcess:
    """A server that answers.

    Args:
        clock_s: how far its machine's clock is set.
    """
    environment = {**os.environ, "CLOCK_OFFSET_S": str(clock_s)}
    process = start(server_arguments(study, ratings, port), environment)
    wait_until_it_listens(port, process)
    return process


def wait_until_it_listens(port: int, process: AppProcess | subprocess.Popen[bytes]) -> None:
    """Return when the port is open; raises where the process ends before."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if not (process.is_alive() if isinstance(process, AppProcess) else process.poll() is None):
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    process.kill()
    raise AssertionError("the server did not start")


@dataclass(frozen=True)
class Account:
    """What listeners were told against what is on the disk.

    Attributes:
        acknowledged: ratings that the server called saved.
        lost: of them, those that are not on the disk.
        doubled: trials that are on the disk more than once.
        changed: sessions whose ratings on the disk are others than those that were sent.
    """

    acknowledged: int
    lost: int
    doubled: int
    changed: int

    @property
    def right(self) -> bool:
        """Whether every acknowledged rating is there once, as it was given."""
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.changed)


def account(listeners: list[Listener], ratings: Path) -> Account:
    """Compare what was acknowledged with every row of every file, read without our reader."""
    rows = [row for path in ratings.glob("ratings-*.csv") for row in csv.DictReader(path.open(newline=""))]
    whole = [row for row in rows if None not in row.values()]
    per_id = Counter(row["rating_id"] for row in whole)
    of_session: dict[str, list[tuple[int, int]]] = {}
    for row in whole:
        of_session.setdefault(row["session_id"], []).append((int(row["trial"]), int(row["rating"])))
    written = Counter(tuple(score for _, score in sorted(trials)) for trials in of_session.values())
    told = Counter(tuple(listener.acknowledged) for listener in listeners)
    acknowledged = sum(len(listener.acknowledged) for listener in listeners)
    return Account(
        acknowledged=acknowledged,
        lost=max(0, acknowledged - len(per_id)),
        doubled=sum(1 for times in per_id.values() if times > 1),
        changed=sum((told - written).values()),
    )


def take_together(listeners: list[Listener]) -> list[threading.Thread]:
    """Every listener takes the whole test, side by side."""
    threads = [threading.Thread(target=each.take_the_test, daemon=True) for each in listeners]
    for thread in threads:
        thread.start()
    return threads


def through_kills(study: Path, ratings: Path, count: int, kills: int, patience_s: float = 280.0) -> Account:
    """Listeners take the test while the server is killed; each fourth one wakes up an hour too early."""
    rng, port = random.Random(7), free_port()
    listeners = [Listener(port, random.Random(k), think_s=0.3) for k in range(count)]
    process = start_server(study, ratings, port)
    threads = take_together(listeners)
    try:
        for number in range(kills):
            time.sleep(0.02 + 0.2 * rng.random())
            process.kill()
            process.join(60)
            assert any(thread.is_alive() for thread in threads), "all were done before the last kill"
            process = start_server(study, ratings, port, -HOUR_S if number % 4 == 2 else 0.0)
        for thread in threads:
            thread.join(patience_s)
        assert not any(thread.is_alive() for thread in threads), "listeners never came to the end"
    finally:
        process.kill()
        process.join(60)
    return account(listeners, ratings)


class FailingDisk:
    """The disk of a running server, which fills, fails and comes back.

    Attributes:
        pid: of the server.
        folder: its ratings, as this process can see them.
    """

    def __init__(self, pid: int, folder: Path, keeper: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self.folder = folder
        self._keeper = keeper

    def turn(self, word: str) -> None:
        """full | free | read-only | writable. Without a disk of its own, the server may write no file any more."""
        if self._keeper is None:
            limit = 0 if word in ("full", "read-only") else resource.RLIM_INFINITY
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            return
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.write(f"{word}\n".encode())
        self._keeper.stdin.flush()
        assert self._keeper.stdout.readline().strip() == word.encode()

    @property
    def descriptors(self) -> int:
        """Open files of the server."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@contextmanager
def server_on_a_small_disk(study: Path, ratings: Path, port: int, kilobytes: int) -> Iterator[FailingDisk]:
    """A server with its ratings on a disk of its own, where this user may mount one."""
    ratings.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, *server_arguments(study, ratings, port)]
    try:
        may = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(ratings)], check=False)
        own = may.returncode == 0
    except FileNotFoundError:
        own = False
    if own:
        around = [
            "unshare",
            "-rm",
            sys.executable,
            "-m",
            "tests.support.small_disk",
            str(ratings),
            str(kilobytes),
        ]
        process = subprocess.Popen(
            [*around, *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        disk = FailingDisk(pid, Path(f"/proc/{pid}/root{ratings.resolve()}"), process)
    else:
        process = subprocess.Popen(command, cwd=ROOT)
        disk = FailingDisk(process.pid, ratings, None)
    try:
        wait_until_it_listens(port, process)
        yield disk
    finally:
        if process.stdin is not None:
            process.stdin.close()
            process.wait(timeout=60)
        else:
            process.kill()
            process.wait()


def through_a_failing_disk(study: Path, ratings: Path, count: int, rounds: int) -> tuple[Account, int]:
    """Listeners take the test while the disk fills and fails; also how many descriptors that cost."""
    port = free_port()
    listeners = [Listener(port, random.Random(k), think_s=0.3) for k in range(count)]
    with server_on_a_small_disk(study, ratings, port, 4096) as disk:
        disk.turn("read-only")
        threads = take_together(listeners)
        time.sleep(1.0)  # everybody agrees, and nobody's consent is taken
        assert list(disk.folder.glob("*.csv")) == []
        disk.turn("writable")

        def wait_for(rated: int) -> None:
            end = time.monotonic() + 120
            while sum(len(each.acknowledged) for each in listeners) < rated:
                assert time.monotonic() < end, "nothing is acknowledged any more"
                time.sleep(0.02)

        wait_for(count)
        before = disk.descriptors
        for number in range(rounds):
            disk.turn("full")
            time.sleep(0.8)  # answers are sent, and none is taken
            disk.turn("free")
            wait_for(count * (number + 2))
        for thread in threads:
            thread.join(280)
        assert not any(thread.is_alive() for thread in threads), "listeners never came to the end"
        left = [path for path in disk.folder.glob("*.csv") if path.stat().st_size == 0]
        assert left == [], "an empty file stays"
        return account(listeners, disk.folder), disk.descriptors - before
