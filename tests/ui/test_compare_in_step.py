"""A blind run of a long text is heard from its first piece, and no sample can be told by when it can be heard."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from speecht5_demo.listening.levelling import measure
from speecht5_demo.ui.compare import runs
from speecht5_demo.ui.compare.levels import level_gains
from speecht5_demo.ui.compare.live import ADDRESS, LiveAudio, Step
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from speecht5_demo.ui.serving.visitor import Visitor
from speecht5_demo.variants import all_variants
from tests.support.fragments import samples_of
from tests.support.random_words import without_random_words
from tests.ui.conftest import Guest
from tests.ui.test_compare_live import run_in_its_own_loop

UNLIKE = ["baseline", "turbo", "turbo-int8"]
"""One speaks a piece a turn, others several; they differ in speed more than any."""
LONG = "Good morning, good people of the town. " * 12
TELLING = [word for variant in all_variants() for word in (variant.name, variant.label, variant.explanation)]


ASKED: dict[str, Any] = {"blind": True, "repeats": 1, "variants": UNLIKE, "text": LONG}


def start(visitor: Guest, **changed: object) -> Run:
    return visitor.start(**{**ASKED, **changed})


def live_of(view: dict[str, object]) -> list[dict[str, object]]:
    return [card for card in view["cards"] if "live" in card["audio"]]  # type: ignore[attr-defined]


def test_all_samples_of_a_group_become_longer_in_one_moment() -> None:
    step = Step()
    ahead, behind = LiveAudio(16_000, step), LiveAudio(16_000, step)
    for _ in range(3):
        ahead.add(np.full(70_000, 0.5, np.float32))
    behind.add(np.full(100, 0.5, np.float32))

    async def there(audio: LiveAudio) -> int:
        return (await anext(audio.follow())).count(b"moof")

    def fragments() -> list[int]:
        return [run_in_its_own_loop(there(audio)) for audio in (ahead, behind)]

    assert fragments() == [0, 0]
    step.additions = 1
    assert fragments() == [2, 1], "a fragment has 65,535 samples at most"


def test_no_sample_appears_before_the_others_and_no_name_before_the_reveal(visitor: Guest) -> None:
    shown: list[tuple[int, int]] = []
    heard: list[int] = []
    words = []
    for run in visitor.by_hand(**ASKED):
        view = board_view(run)
        early = live_of(view)
        shown.append((len(early), len(view["cards"]) - len(early)))  # type: ignore[arg-type]
        words.append(json.dumps(view))
        if early:
            heard.append(run.pieces_out)
            assert [card["letter"] for card in early] == list("ABC")
            assert all(card["label"] is None for card in early)
            tickets = [card["ticket"] for card in early]
    assert list(dict.fromkeys(shown)) == [(0, 0), (3, 0), (0, 3)]
    assert shown == sorted(shown, key=[(0, 0), (3, 0), (0, 3)].index)
    assert sorted(set(heard)) == list(range(1, run.pieces)), "a piece at a time, the last with the whole"
    assert tickets == [card.ticket for card in run.cards]
    asked = "versions=" + "+".join(UNLIKE)
    assert asked in words[0], "the link says what the visitor chose, in the order of the page, and no more"
    said = without_random_words("".join(words).encode()).decode().replace(asked, "")
    assert not [word for word in TELLING if word in said]


@contextmanager
def served(visitor: Guest) -> Iterator[int]:
    """The service's files over real HTTP; yields the port."""
    config = uvicorn.Config(
        Starlette(routes=visitor.service.routes), port=0, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        visitor.wait(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        thread.join()


def pieces_there(port: int, address: object) -> int:
    """How much of a sample a script gets that asks once and takes what is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", str(address))
        stream = connection.getresponse().fp
        return stream.read(int(stream.readline(), 16)).count(b"moof")  # the first chunk is all that there is
    finally:
        connection.close()


def test_a_script_that_asks_for_all_samples_again_and_again_finds_them_equally_far(visitor: Guest) -> None:
    with served(visitor) as port:
        run = start(visitor, text=LONG * 4)
        visitor.wait(lambda: live_of(board_view(run)) or run.over)
        addresses = [card["audio"]["live"] for card in live_of(board_view(run))]  # type: ignore[index]
        assert len(addresses) == len(UNLIKE)
        while not run.over:
            before = pieces_there(port, addresses[0])
            between = [pieces_there(port, address) for address in addresses[1:]]
            after = pieces_there(port, addresses[0])
            assert before >= 1, "what is offered can be heard"
            assert all(before <= each <= after for each in between)
        assert [pieces_there(port, address) for address in addresses] == [run.pieces] * len(UNLIKE)


def test_what_is_heard_early_is_the_sample_that_is_kept_at_one_gain(visitor: Guest) -> None:
    run = visitor.finish(start(visitor))
    tokens = list(visitor.service.streams._kept)
    client = TestClient(Starlette(routes=visitor.service.routes))
    for token, card in zip(tokens, run.cards, strict=True):
        early = samples_of(client.get(f"{ADDRESS}{token}").content).astype(float)
        kept = np.frombuffer(card.clip.audio.read_bytes()[44:], "<i2").astype(float)
        assert len(early) == len(kept)
        whole = np.abs(early) < 32_000
        gain = np.dot(early[whole], kept[whole]) / np.dot(early[whole], early[whole])
        assert np.abs(gain * early - kept)[whole].max() <= 1 + gain


def test_beginnings_are_equally_loud_within_the_peak_limit() -> None:
    rng = np.random.default_rng(2)
    quiet, loud = (rng.normal(0, spread, 16_000).clip(-1, 1).astype(np.float32) for spread in (0.01, 0.2))
    gains = level_gains([quiet, np.zeros(16_000, np.float32), loud], 16_000)
    assert gains[1] == 0.0
    heard = [
        measure(each * 10 ** (gain / 20), 16_000)
        for each, gain in zip((quiet, loud), (gains[0], gains[2]), strict=True)
    ]
    assert heard[0].lufs == pytest.approx(heard[1].lufs, abs=0.1)
    assert max(level.peak_dbfs for level in heard) <= -1
    assert level_gains([np.zeros(100, np.float32)] * 2, 16_000) == [0.0, 0.0]


def test_progress_and_seconds_left_are_those_of_all_samples_together(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, now = start(visitor).plan, time.monotonic()
    monkeypatch.setattr(runs, "time", SimpleNamespace(monotonic=lambda: now, time_ns=time.time_ns))
    run = Run(plan, Visitor("other"))
    run.phase, run.in_step, run.pieces, run.each_s = "speaking", True, 4, 8.0
    before = board_view(run)
    assert before["progress"] == 0.0
    assert before["left"] == "About 24 s left."
    run.pieces_out, run.speaking_since = 2, run.piece_out_at - 10
    later = board_view(run)
    assert later["progress"] == 0.5
    assert later["left"] == "About 10 s left."


@pytest.mark.usefixtures("voice_stays_at_its_beginning")
def test_a_blind_run_stopped_in_the_middle_leaves_nothing_of_any_sample(visitor: Guest) -> None:
    run = start(visitor, text=LONG * 4)
    visitor.wait(lambda: run.lives)
    visitor.service.stop(run.id)
    visitor.wait(lambda: run.over)
    assert (run.phase, run.cards, run.lives) == ("stopped", [], ())
    assert all(audio.over for audio in visitor.service.streams._kept.values())
