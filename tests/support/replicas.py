"""Three replicas behind nginx on loopback, listeners moved between them at every request, one killed.

    python -m tests.support.replicas --listeners 40 --sentences 12      about 2,000 ratings into each store

At the end all servers end, a new one starts on an empty disk, and every acknowledged rating has to be there once.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.study import Sentence, SessionPlan
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.app_process import AppProcess
from tests.support.hub import LoopbackHub, hub_environment
from tests.support.listener import Listener
from tests.support.ports import free_port
from tests.support.postgres import LoopbackPostgres
from tests.support.programs import start

REPO = "tester/ratings"
REPLICAS = 3
SECRET = "one secret for all the replicas"
KINDS = ("hub", "folder", "postgres")
"""The hub's replicas share a folder, as containers on one machine do; the others have disks of their own."""
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream app {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://app; proxy_connect_timeout 1s; proxy_next_upstream error timeout non_idempotent; }}
  }}
}}
"""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        kind: of the store.
        acknowledged: ratings that listeners were told are saved.
        on_the_page: rows that a server on an empty disk reads, by how often a rating is among them.
        in_the_store: rows in the store, likewise.
        seconds: from the first request to the last answer.
        p95_ms: of a rating, from sending it to its answer.
    """

    kind: str
    acknowledged: int
    on_the_page: Counter[int]
    in_the_store: Counter[int]
    seconds: float
    p95_ms: float

    @property
    def holds(self) -> bool:
        """Whether every rating is there once, and none more."""
        return self.on_the_page == self.in_the_store == Counter({1: self.acknowledged})


def run(kind: str, folder: Path, listeners: int, sentences: int) -> Outcome:
    """One run with one kind of store."""
    study = folder / "study"
    session = SessionPlan(sentences=sentences, repeats=1, anchors=1, traps=1, practice=1, break_after=0)
    recipe = make_study(
        sentences=tuple(Sentence(f"h{k}", f"Sentence number {k}.") for k in range(sentences)), session=session
    )
    prepare(recipe, replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05))), study)
    with ExitStack() as stack:
        environment, kept, misbehave = _store(kind, folder, stack)
        disks = [folder / "shared" if kind == "hub" else folder / f"disk-{k}" for k in range(REPLICAS)]
        ports = [free_port() for _ in disks]
        servers = [
            stack.enter_context(_replica(study, disk, port, environment, folder / f"replica-{port}.log"))
            for disk, port in zip(disks, ports, strict=True)
        ]
        port = stack.enter_context(_nginx(folder, ports))
        people = [Listener(port, random.Random(k), think_s=0.05) for k in range(listeners)]
        threads = [threading.Thread(target=one.take_the_test, daemon=True) for one in people]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        _wait_for(lambda: sum(len(one.acknowledged) for one in people) >= listeners * 3)
        fault = misbehave()
        servers[1].kill()
        for thread in threads:
            thread.join(600)
            assert not thread.is_alive(), "a listener never came to the end"
        seconds = time.monotonic() - began
        if fault is not None:
            # The last push has few seconds, and a store that is silent meanwhile would take most of them.
            _came(lambda: fault.over, 20)
        for server in (servers[0], servers[2]):
            server.terminate()
        for server in (servers[0], servers[2]):
            assert server.wait(30) == 0
        for disk in disks:
            shutil.rmtree(disk, ignore_errors=True)
        empty = folder / "empty"
        with _replica(study, empty, free_port(), environment, folder / "last.log"):
            # A store that does not answer the first time is asked again; until then the server says that it is away.
            # What is not there after a minute is lost.
            _came(lambda: len(read_ratings(empty).frame) >= sum(len(one.acknowledged) for one in people), 60)
            ids = read_ratings(empty).frame["rating_id"]
        took = sorted(second for one in people for second in one.seconds)
        return Outcome(
            kind,
            sum(len(one.acknowledged) for one in people),
            Counter(Counter(ids.astype(str)).values()),
            Counter(Counter(kept()).values()),
            seconds,
            1000 * took[int(0.95 * (len(took) - 1))],
        )


def _is_whole(segment: Path) -> bool:
    """Whether a segment is not what a killed server left half written: its name has the digest of its bytes."""
    return segment.name.split(".")[-2] == hashlib.sha256(segment.read_bytes()).hexdigest()[:16]


def _store(kind: str, folder: Path, stack: ExitStack):  # type: ignore[no-untyped-def]
    """The environment of the replicas, what is in the store, and how the store misbehaves for a while."""
    if kind == "hub":
        hub = stack.enter_context(LoopbackHub())

        def in_dataset() -> list[str]:
            files = hub.repositories["datasets", REPO].files
            return [
                line.split(b",")[1].decode()
                for path, data in files.items() if "/ratings-" in path for line in data.splitlines()[1:]
            ]  # fmt: skip

        more = {"RATINGS_REPO": REPO, "HF_TOKEN": "hf_test", "EVERY_S": "1", "LISTENING_SECRET": SECRET}
        slow = {"where": f"{REPO}/commit", "silent": 3.0, "times": 2}
        return hub.environment(folder / "home", **more), in_dataset, lambda: hub.misbehave(**slow)
    environment = hub_environment("http://127.0.0.1:9", folder / "home", LISTENING_SECRET=SECRET)
    if kind == "folder":
        bucket = folder / "bucket"

        def in_bucket() -> list[str]:
            return [
                str(one)
                for path in bucket.glob("ratings-*.csv") if _is_whole(path)
                for one in pd.read_csv(path, dtype=str)["rating_id"]
            ]  # fmt: skip

        return {**environment, "RATINGS_DIR": str(bucket)}, in_bucket, lambda: None
    postgres = stack.enter_context(LoopbackPostgres())

    def in_database() -> list[str]:
        return [str(one) for (one,) in postgres.rows("SELECT rating_id FROM ratings")]

    return {**environment, "RATINGS_DB": postgres.address}, in_database, lambda: None


@contextmanager
def _replica(
    study: Path, disk: Path, port: int, environment: Mapping[str, str], log: Path
) -> Iterator[AppProcess]:
    disk.mkdir(parents=True, exist_ok=True)
    process = start(["-m", "tests.support.replica", str(study), str(disk), str(port)], environment, log)
    try:
        _wait_for(lambda: not process.is_alive() or _answers(port), 120)
        assert process.is_alive(), log.read_text()
        yield process
    finally:
        process.kill()
        process.join(10)


@contextmanager
def _nginx(folder: Path, ports: list[int]) -> Iterator[int]:
    """A proxy that gives each request to the next replica."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    servers = " ".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=30s;" for one in ports)
    written = folder / "nginx.conf"
    written.write_text(NGINX.format(folder=folder, servers=servers, port=port))
    process = subprocess.Popen(
        [program, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(written)]
    )
    try:
        _wait_for(lambda: process.poll() is not None or _answers(port), 30)
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _came(happened: Callable[[], bool], seconds: float) -> bool:
    """Whether it happened in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _wait_for(happened: Callable[[], bool], seconds: float = 120) -> None:
    assert _came(happened, seconds), "it did not happen in time"


def main() -> int:
    """Run them all, and say what came of it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--listeners", type=int, default=40)
    asked.add_argument("--sentences", type=int, default=12)
    asked.add_argument("--store", choices=KINDS, action="append")
    chosen = asked.parse_args()
    held = True
    for kind in chosen.store or KINDS:
        with tempfile.TemporaryDirectory(prefix="replicas-") as folder:
            outcome = run(kind, Path(folder), chosen.listeners, chosen.sentences)
        held = held and outcome.holds
        print(
            f"{kind}: {outcome.acknowledged} acknowledged; a server on an empty disk has "
            f"{dict(outcome.on_the_page)}, the store {dict(outcome.in_the_store)} (times: ratings); "
            f"{outcome.seconds:.0f} s, p95 {outcome.p95_ms:.0f} ms: {'held' if outcome.holds else 'NOT HELD'}",
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
