"""Through real HTTP, with servers that die: every acknowledged rating is on disk exactly once."""

import csv
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from speecht5_demo.listening.assignment import plan_session
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import read_ratings
from speecht5_demo.listening.sessions import read_sessions
from speecht5_demo.listening.study import Sentence, SessionPlan
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.hard_times import start_server, through_a_failing_disk, through_kills
from tests.support.listener import Listener
from tests.support.ports import free_port

Until = Callable[[dict[str, Any]], bool]
LISTENERS = 16
KILLS = 20
RECEIPT_BYTES = 68


@contextmanager
def serving(study: Path, ratings: Path) -> Iterator[int]:
    port = free_port()
    process = start_server(study, ratings, port)
    try:
        yield port
    finally:
        process.kill()
        process.join(60)


def long_study(folder: Path) -> Manifest:
    """Long sessions of short clips: no listener is done before the last kill, and all are soon after it."""
    sentences = tuple(Sentence(f"h{k}", f"Sentence number {k}.") for k in range(12))
    session = SessionPlan(sentences=12, repeats=2, anchors=2, break_after=6)
    voice = replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.15)))
    return prepare(make_study(sentences=sentences, session=session), voice, folder)


def take_together(listeners: list[Listener], until: Until = lambda view: False) -> list[threading.Thread]:
    threads = [threading.Thread(target=each.take_the_test, args=(until,), daemon=True) for each in listeners]
    for thread in threads:
        thread.start()
    return threads


def test_every_acknowledged_rating_is_on_disk_once_through_twenty_kills_and_clocks_set_back(
    tmp_path: Path,
) -> None:
    study, ratings = tmp_path / "study", tmp_path / "ratings"
    manifest = long_study(study)
    found = through_kills(study, ratings, LISTENERS, KILLS)
    assert found.right, found
    pages = len(plan_session(manifest, "00000000-0000-0000-0000-000000000000"))
    assert found.acknowledged == LISTENERS * pages
    table = read_ratings(ratings)
    assert len(table.frame) == LISTENERS * pages
    assert [problem for problem in table.problems if problem.kind != "torn-line"] == []
    assert not table.frame["flags"].str.contains("too-fast|response-impossible").any()
    sessions = read_sessions(ratings)
    assert len(sessions) == LISTENERS
    assert (sessions["ended_at"] != "").all()
    assert (sessions["completion_code"] != "").all()


def test_a_disk_that_fails_fills_and_is_freed_loses_nothing_and_needs_no_restart(
    prepared_short: tuple[Manifest, Path], tmp_path: Path
) -> None:
    found, descriptors = through_a_failing_disk(prepared_short[1], tmp_path / "ratings", count=6, rounds=2)
    assert found.right, found
    assert descriptors <= 6, "its sockets come and go, its files do not pile up"


def test_ten_times_the_listeners_wait_at_most_ten_times_as_long(
    prepared_short: tuple[Manifest, Path], tmp_path: Path
) -> None:
    def wait_s(count: int, name: str) -> float:
        """The 95th percentile of an answer to a rating among `count` listeners at once."""
        with serving(prepared_short[1], tmp_path / name) as port:
            listeners = [Listener(port, random.Random(k), think_s=3.0) for k in range(count)]
            threads = take_together(listeners, lambda view: view["done"] >= 3)
            for thread in threads:
                thread.join(60)
        seconds = sorted(second for listener in listeners for second in listener.seconds)
        assert len(seconds) == 3 * count
        return seconds[int(0.95 * len(seconds))]

    growth: list[float] = []
    while len(growth) < 5 and min(growth, default=11) > 10:  # the best of five: others are busy here, too
        growth.append(wait_s(100, f"many{len(growth)}") / wait_s(10, f"few{len(growth)}"))
    assert min(growth) <= 10, growth


def test_what_is_wrong_is_refused_with_a_reason_and_the_way_on(
    prepared_short: tuple[Manifest, Path], tmp_path: Path
) -> None:
    with serving(prepared_short[1], tmp_path) as port:
        listener = Listener(port, random.Random(1))
        view = listener.take_the_test(lambda view: view["step"] == "practice")
        good = {"ticket": view["ticket"], "rating": 4, "heard": 1.0, "plays": 1, "response_s": 1.0}
        for wrong, status, reason in (
            ({**good, "rating": 9}, 422, "not-a-rating"),
            ({**good, "ticket": view["token"]}, 403, "not-ours"),
            ({**good, "ticket": None}, 403, "not-ours"),
            ({}, 403, "not-ours"),
        ):
            assert (listener.once("rate", wrong)[0], listener.once("rate", wrong)[1]["refused"]) == (
                status,
                reason,
            )
        soon = listener.once("rate", good)
        assert (soon[0], soon[1].get("refused")) in ((422, "not-heard"), (200, None))
        if soon[0] == 422:
            good["ticket"] = soon[1]["view"]["ticket"]
            time.sleep(0.3)
            assert listener.once("rate", good)[0] == 200
        status, reply = listener.once("rate", good)
        assert (status, reply["refused"], reply["view"]["done"]) == (409, "already-rated", 1)
    refusals = [
        row["reason"] for path in tmp_path.glob("refusals-*.csv") for row in csv.DictReader(path.open())
    ]
    assert Counter(refusals) - Counter(["not-heard"]) == {
        "not-a-rating": 2,
        "not-ours": 6,
        "already-rated": 1,
    }
    assert len(read_ratings(tmp_path).frame) == 1


def test_a_body_that_is_no_small_json_object_is_refused(
    prepared_short: tuple[Manifest, Path], tmp_path: Path
) -> None:
    with serving(prepared_short[1], tmp_path) as port:
        large = b"{" + b" " * 20_000 + b"}"
        for body in (b"", b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 9_000, large):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.request("POST", "/listening/rate", body)
            reply = line.getresponse()
            expected = (413, "too-large") if body is large else (400, "not-readable")
            assert (reply.status, json.loads(reply.read())["refused"]) == expected
            line.close()


def test_clips_come_whole_or_in_ranges_with_headers_that_tell_nothing(
    prepared_short: tuple[Manifest, Path], tmp_path: Path
) -> None:
    manifest, study = prepared_short
    with serving(study, tmp_path) as port:
        seen = []
        for k in range(3):
            view = Listener(port, random.Random(k)).take_the_test(lambda view: view["done"] == 4)
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.request("GET", f"/listening/clip/{view['clips'][0]}")
            reply = line.getresponse()
            data = reply.read()
            seen.append({name: value for name, value in reply.getheaders() if name != "date"})
            assert len(data) == manifest.clip_bytes + RECEIPT_BYTES
            line.request("GET", f"/listening/clip/{view['clips'][0]}", headers={"range": "bytes=10-19"})
            part = line.getresponse()
            assert (part.status, part.read()) == (206, data[10:20])
            line.request("GET", f"/listening/clip/{view['clips'][0]}", headers={"range": "bytes=-5"})
            assert len(line.getresponse().read()) == 5
            line.request("GET", "/listening/clip/" + "A" * 60)
            refusal = line.getresponse()
            assert (refusal.status, b"no such clip" in refusal.read()) == (404, True)
        assert seen[0] == seen[1] == seen[2]
        assert set(seen[0]) == {
            "server", "cache-control", "x-content-type-options", "accept-ranges", "content-length", "content-type",
        }  # fmt: skip
