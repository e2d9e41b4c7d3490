"""Attacks on a running server, each as a function that returns one line of figures.

They are bounded, and come from this machine to this machine. `scale` 1 is what `make attack` runs; the suite runs less.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.attack.client import Client, PageVisitor, at_once
from tests.attack.crowd import first_sounds, many_listeners, queue_flood
from tests.attack.fuzzing import Fuzzer, is_fault
from tests.attack.hard_times import failing_disk, killed_server
from tests.attack.target import FULL, PATIENCE_S, SENTENCE, TWO, Attack, Outcome, Target


def run_flood(target: Target, scale: float) -> Outcome:
    """Cheap starts of many sessions, to push another visitor's run out of memory."""
    victim = PageVisitor(target.url, "127.0.0.20")
    _, view = victim.speak(SENTENCE, TWO)
    starts = round(301 * scale)
    refused, flooder = 0, PageVisitor(target.url, "127.0.0.67")
    for _ in range(starts):
        flooder.session = secrets.token_hex(6)
        refused += flooder.press("A.", ["int8"], blind=False).get("run") is None
    answers = [victim.rate(card["ticket"], 4) for card in view["cards"]]
    saved = sum(answer.get("saved") is True for answer in answers)
    return Outcome(
        f"{starts} cheap starts of as many sessions",
        "an unrated run of somebody else stays",
        f"{saved} of {len(answers)} samples of the other visitor rated; {refused} starts refused",
        saved == len(answers) > 0,
    )


def unblinding(target: Target, scale: float) -> Outcome:
    """The named samples of the public function against the blind ones of the page."""
    visitor = PageVisitor(target.url, "127.0.0.21")
    _, view = visitor.speak(SENTENCE, TWO, seed=5)
    blind = [visitor.send("GET", card["audio"]["url"]).body for card in view["cards"]]
    named = 0
    for seed in (5, 0):
        for sample in call_compare(target, [SENTENCE, TWO, "am_michael", seed, 1]):
            audio = visitor.send("GET", f"/gradio_api/file={sample['audio']['path']}")
            assert audio.status == 200
            named += any(_same_but_for_loudness(audio.body, each) for each in blind)
    return Outcome(
        "the API with a blind run's text and seed, compared sample by sample",
        "no blind sample can be named",
        f"{named} of {len(blind)} named",
        named == 0 and len(blind) == 2,
    )


def _same_but_for_loudness(one: bytes, other: bytes) -> bool:
    """Whether two WAV files hold the same sound, one perhaps louder."""
    first, second = (np.frombuffer(wav[44 : 44 + (len(wav) - 44) // 2 * 2], "<i2") for wav in (one, other))
    return len(first) == len(second) and bool(np.corrcoef(first, second)[0, 1] > 0.999)


def call_compare(target: Target, data: list[Any]) -> list[dict[str, Any]]:
    """What `/compare` returns to a program."""
    client = Client(target.url, "127.0.0.22")
    with client.present():
        client.join(client.event("compare"), data)
        for message in client.stream():
            if message["msg"] == "process_completed":
                found: list[dict[str, Any]] = message["output"]["data"][0]
                return found
    return []


def caller_leaves(target: Target, scale: float) -> Outcome:
    """A program asks for much work and hangs up."""
    client = Client(target.url, "127.0.0.23")
    with client.present():
        client.join(
            client.event("compare"), ["word " * 390, ["baseline", "int8", "pruned"], "am_michael", 0, 5]
        )
        stream = client.stream()
        next(stream)
        stream.close()
    time.sleep(12.0)  # a stream may break and be opened again
    seconds = PageVisitor(target.url, "127.0.0.24").speak(SENTENCE, TWO)[0]
    return Outcome(
        "a program asks for minutes of work and leaves",
        "the voice is free for the next within seconds",
        f"the next visitor's first sound after {seconds or float('inf'):.2f} s",
        seconds is not None and seconds < (10 if scale >= FULL else PATIENCE_S),
    )


def short_to_write(target: Target, scale: float) -> Outcome:
    """2,000 characters that are spoken as many more."""
    visitor = PageVisitor(target.url, "127.0.0.25")
    view = visitor.press("½" * 2000, TWO)
    return Outcome(
        "2,000 times ½",
        "refused with its spoken length",
        str(view.get("problem"))[:90],
        "characters" in view["problem"],
    )


def key_guessing(target: Target, scale: float) -> Outcome:
    """Keys tried one after the other, and the right one among them."""
    guesser = Client(target.url, "127.0.0.26")
    event, tries = guesser.event("open_up"), round(300 * scale)
    checked = 0
    for _ in range(tries):
        checked += "not the owner" in guesser.run(event, [secrets.token_urlsafe(12)]).body.decode()
    answer = guesser.run(event, [target.owner_key])
    # Whoever guesses fast enough is told to wait before a key is looked at.
    right = answer.status == 429 or "Too many wrong keys" in answer.body.decode()
    known = target.owner_key in target.log.read_text(errors="replace")
    return Outcome(
        f"{tries} guesses of the owner's key",
        "a handful a minute is compared; the key is in no log",
        f"{checked} compared, then even the right one waits; key in the log: {'yes' if known else 'no'}",
        checked <= 6 and right and not known,
    )


def idle_connections(target: Target, scale: float) -> Outcome:
    """Connections that ask for nothing, and some that send a request head byte by byte."""
    count = round(500 * scale)
    address = (Client(target.url).host, Client(target.url).port)
    held = [socket.create_connection(address, source_address=("127.0.0.27", 0)) for _ in range(count)]
    begun = time.monotonic()
    status = Client(target.url, "127.0.0.28").send("GET", "/config").status
    answered = time.monotonic() - begun
    patience_s = 11.0 if scale >= FULL else PATIENCE_S
    still_open = sum(not _closed(one, begun + patience_s - time.monotonic()) for one in held)
    return Outcome(
        f"{count} connections that ask for nothing",
        "closed after 10 s; others are served meanwhile",
        f"{still_open} open after {patience_s:.0f} s; another visitor answered in {1000 * answered:.0f} ms",
        still_open == 0 and status == 200,
    )


def _closed(connection: socket.socket, within_s: float) -> bool:
    """Whether the other side closes a connection in that time; it is closed here, too."""
    with connection:
        connection.settimeout(max(0.5, within_s))
        try:
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


def results_storm(target: Target, scale: float) -> Outcome:
    """Many visitors of Results at once."""
    visitors = round(60 * scale)
    event = Client(target.url).event("show")

    def visit(number: int) -> Callable[[], float]:
        def look() -> float:
            begun = time.monotonic()
            assert Client(target.url, f"127.0.1.{number % 250 + 1}").run(event, [""]).status == 200
            return time.monotonic() - begun

        return look

    def front() -> float:
        time.sleep(0.2)
        begun = time.monotonic()
        Client(target.url).send("GET", "/")
        return time.monotonic() - begun

    *waited, page = at_once(*map(visit, range(visitors)), front)
    return Outcome(
        f"{visitors} visitors of Results at once",
        "drawn once; the front page stays quick",
        f"slowest answer {max(waited):.1f} s, the front page {page:.2f} s",
        page < (5 if scale >= FULL else PATIENCE_S),
    )


def closed_surface(target: Target, scale: float) -> Outcome:
    """Addresses that are not served, headers that every answer carries, and what answers tell of the machine."""
    client = Client(target.url, "127.0.0.29")
    closed = (
        "/gradio_api/openapi.json", "/gradio_api/upload", "/monitoring", "/token", "/docs",
        "/gradio_api/file=/etc/passwd", f"/gradio_api/file={target.data}/owner-key", "/gradio_api/proxy=http://x/",
        "/gradio_api/deep_link?session_hash=a", "/gradio_api/upload_progress", "/gradio_api/dev/reload", "/login",
        "/gradio_api/queue/status",
    )  # fmt: skip
    open_still = [path for path in closed if client.send("GET", path).status < 400]
    wanted = ("content-security-policy", "x-content-type-options", "referrer-policy")
    bare = [
        path for path in ("/", "/config", "/nothing", "/results")
        if not all(name in client.send("GET", path).headers for name in wanted)
    ]  # fmt: skip
    visitor = PageVisitor(target.url, "127.0.0.30")
    views = [json.dumps(visitor.speak(SENTENCE, ["int8"], blind=False)[1]) for _ in range(2)]
    told = [word for word in (str(target.data), "/tmp/") if any(word in view for view in views)]
    # A short number stands in some random name or time by chance, as a whole word in two runs it does not.
    if all(re.search(rf"(?<![\w.]){target.pid}(?![\w.])", view) for view in views):
        told.append(str(target.pid))
    return Outcome(
        f"{len(closed)} addresses, headers of 4 answers, paths in two runs",
        "closed; headers everywhere; no path or process id",
        f"{len(open_still)} open, {len(bare)} without headers, {len(told)} paths or ids told",
        not open_still and not bare and not told,
    )


def large_bodies(target: Target, scale: float) -> Outcome:
    """Bodies that are too large, declared and not, and far too many uploads."""
    client = Client(target.url, "127.0.0.31")
    before = target.memory_mb()
    rounds = max(4, round(40 * scale))
    statuses = set()
    for _ in range(rounds):
        try:
            statuses.add(client.send("POST", "/gradio_api/queue/join", b"x" * 20_000_000).status)
        except OSError:
            statuses.add(0)  # hung up on in the middle
    grown = target.memory_mb() - before
    return Outcome(
        f"{rounds} bodies of 20 MB",
        "refused before they are read",
        f"answers {sorted(statuses)} (0: hung up), memory {grown:+.0f} MB",
        statuses <= {0, 413} and grown < 100,
    )


def fuzzing(target: Target, scale: float) -> Outcome:
    """Nonsense for every route and event, of the listening test too, in which some sessions are open."""
    count, senders = round(10_000 * scale), 4
    fuzzer = Fuzzer(Client(target.url, "127.0.2.9"))
    first_sounds(target, 1, SENTENCE)  # what is loaded once is loaded now
    before, tracebacks = target.memory_mb(), target.tracebacks()
    tally: Counter[int] = Counter()
    faults: list[str] = []
    lock = threading.Lock()

    def some(number: int) -> Callable[[], None]:
        chance = random.Random(7 + number)
        client = Client(target.url, f"127.0.2.{number + 1}")

        def send() -> None:
            for _ in range(count // senders):
                asked = fuzzer.request(chance)
                try:
                    answer = client.send(*asked)
                    status, fault = answer.status, is_fault(asked[1], answer)
                except OSError:
                    status, fault = 0, False
                with lock:
                    tally[status] += 1
                    faults.extend([f"{status} of {asked[1][:60]!r}"] * fault)

        return send

    at_once(*map(some, range(senders)))
    grown, new = target.memory_mb() - before, target.tracebacks() - tracebacks
    undocumented = "".join(f"; not documented: {one}" for one in faults[:3])
    told = ", ".join(f"{status or 'hung up'}: {number}" for status, number in sorted(tally.items()))
    return Outcome(
        f"{sum(tally.values()):,} fuzzed inputs for every route and event, a served study's among them",
        "no answer from 500 on but the documented ones, no traceback, memory grows by less than 100 MB",
        f"{told}; {new} tracebacks; memory {grown:+.0f} MB{undocumented}",
        not faults and new == 0 and grown < 100,
    )


def broken_publication(target: Target, scale: float) -> Outcome:
    """A note of publication that a full disk cut off."""
    for name in ("published-ratings.json", "published-report.json"):
        (target.data / name).write_text("")
    client = Client(target.url, "127.0.0.32")
    answer = client.run(client.event("show"), [""])
    return Outcome(
        "empty published-*.json beside the data",
        "counts as no publication",
        f"Results answers {answer.status}",
        answer.status == 200,
    )


ATTACKS: tuple[Attack, ...] = (
    closed_surface, unblinding, short_to_write, key_guessing, run_flood, broken_publication, results_storm,
    large_bodies, idle_connections, caller_leaves, queue_flood, many_listeners, killed_server, failing_disk, fuzzing,
)  # fmt: skip
