"""What a page can play before it is whole: when, in which form, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pytest

from speecht5_demo.ui.compare.live import KEPT, LiveAudio, LiveStreams
from speecht5_demo.ui.compare.runs import Run
from speecht5_demo.ui.compare.view import board_view
from tests.support.fragments import samples_of
from tests.ui.conftest import Guest

Result = TypeVar("Result")
BOTH = ["baseline", "turbo"]
LONG = "Good morning, good people. " * 30


def run_in_its_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    """A browser that tests drive in this process keeps a loop running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def collected(audio: LiveAudio) -> bytes:
    return b"".join([part async for part in audio.follow()])


def told(run: Run) -> list[dict[str, object]]:
    return [card for card in board_view(run)["cards"] if "live" in (card["audio"] or {})]


def test_chunks_of_any_length_come_out_as_they_went_in() -> None:
    random = np.random.default_rng(1)
    chunks = [random.uniform(-1.2, 1.2, size).astype(np.float32) for size in (1, 7, 3584, 0, 70_000)]
    audio = LiveAudio(16_000)
    for chunk in chunks:
        audio.add(chunk)
    audio.close()
    played = samples_of(run_in_its_own_loop(collected(audio)))
    expected = (np.clip(np.concatenate(chunks), -1, 1) * 32767).round().astype(np.int16)
    assert np.array_equal(played, expected)


def test_who_listens_while_it_grows_gets_all_of_it() -> None:
    async def listen() -> bytes:
        audio = LiveAudio(16_000)

        async def speak() -> None:
            for _ in range(5):
                audio.add(np.full(100, 0.5, np.float32))
                await asyncio.sleep(0.03)
            audio.close()

        heard, _ = await asyncio.gather(collected(audio), speak())
        return heard

    assert len(samples_of(run_in_its_own_loop(listen()))) == 500


def test_old_audio_is_forgotten() -> None:
    streams = LiveStreams()
    tokens = [streams.open(16_000)[0] for _ in range(KEPT + 3)]
    assert list(streams._kept) == tokens[3:]


def test_an_open_run_offers_the_turbo_sample_early_and_its_card_takes_over(visitor: Guest) -> None:
    early: list[dict[str, object]] = []
    for run in visitor.by_hand(blind=False, variants=BOTH, repeats=1, text=LONG):
        early.extend(told(run))
    assert run.over
    turbo = [card for card in early if card["label"] == "Turbo fp32"]
    assert {card["letter"] for card in turbo} == {"B"}
    assert {card["ticket"] for card in turbo} == {run.cards[1].ticket}
    assert run.lives == ()
    assert told(run) == []


def test_what_a_page_could_not_ask_for_in_time_plays_at_once_when_whole_unless_names_are_hidden(
    visitor: Guest,
) -> None:
    for blind, expected in ((False, [False, True]), (True, [False, False])):
        run = visitor.finish(visitor.start(blind=blind, variants=BOTH, repeats=1))
        assert [card["audio"]["at_once"] for card in board_view(run)["cards"]] == expected


def test_a_blind_run_of_one_piece_offers_nothing_early_and_still_tells_first_audio_in_the_end(
    visitor: Guest,
) -> None:
    for run in visitor.by_hand(blind=True, variants=BOTH, repeats=1):
        assert run.lives == ()
        assert '"live"' not in json.dumps(board_view(run))
    assert run.over
    for card in run.cards:
        visitor.service.rate({"ticket": card.ticket, "rating": 3})
    table = board_view(run)["table"]
    column = table["head"].index("First audio") - 2
    by_label = {row["label"]: row["cells"][column]["text"] for row in table["rows"]}
    baseline = next(card for card in run.cards if card.variant.name == "baseline")
    assert by_label["Baseline fp32"] == f"{baseline.sample.latency.median * 1000:.0f} ms"
    assert by_label["Turbo fp32"].endswith((" ms", " s"))


@pytest.mark.usefixtures("voice_stays_at_its_beginning")
def test_a_run_stopped_in_a_stream_leaves_no_card_and_closes_the_audio(visitor: Guest) -> None:
    run = visitor.start(blind=False, variants=["turbo"], text=LONG)
    visitor.wait(lambda: run.lives)
    visitor.service.stop(run.id)
    visitor.wait(lambda: run.over)
    assert run.phase == "stopped"
    assert run.cards == []
    assert run.lives == ()
    assert all(audio.over for audio in visitor.service.streams._kept.values())
