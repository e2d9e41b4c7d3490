"""With the names shown, one press plays a voice while the rest of it is made."""

from __future__ import annotations

import io
import re
import urllib.request
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from speecht5_demo.ui.compare.fragments import MIME
from tests.browser.compare_page import ComparePage, rows
from tests.browser.conftest import Server
from tests.support.fragments import samples_of
from tests.support.slow_voice import GATE

NewPage = Callable[..., Page]
SENTENCE = "The birch canoe slid on the smooth planks, and nobody on the river saw it go. "
TEXT = SENTENCE * 4
"""Some pieces."""
PATIENCE_MS = 300_000
"""Browser and voice may have to share one busy processor; nothing here waits longer than it takes."""
FIRST = "document.querySelector('.card audio')"
LIVE = "document.querySelector('.card.live audio')"
PLAYS_WHILE_MADE = f"{LIVE} && {LIVE}.currentTime > 0.1 && !document.querySelector('.card .download')"


@dataclass(frozen=True)
class SlowVoice:
    """A server whose voice begins to speak and waits."""

    server: Server
    gate: Path

    def goes_on(self) -> None:
        self.gate.touch()


@pytest.fixture(scope="module")
def slow_server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> SlowVoice:
    gate = tmp_path_factory.mktemp("gate") / "open"
    return SlowVoice(serve(**{GATE: str(gate)}), gate)


@pytest.fixture
def slow(slow_server: SlowVoice) -> SlowVoice:
    slow_server.gate.unlink(missing_ok=True)
    return slow_server


def open_page(server: Server, page: Page, text: str, *variants: str) -> ComparePage:
    compare = ComparePage(page, server.url)
    compare.hide_names(False)
    compare.say(text)
    compare.choose_turbo(*variants)
    compare.repeats(1)
    return compare


def pcm(wav: bytes) -> NDArray[np.int16]:
    with wave.open(io.BytesIO(wav)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def gain(before: NDArray[np.int16], after: NDArray[np.int16]) -> float:
    """The one factor between two versions of a sound."""
    loud = np.abs(before) > 3000
    return float(np.median(after[loud] / before[loud]))


def test_one_press_plays_while_the_rest_is_made_and_the_whole_is_what_is_kept(
    slow: SlowVoice, new_page: NewPage
) -> None:
    page = open_page(slow.server, new_page(), TEXT, "Turbo fp32")
    assert page.page.evaluate(f"MediaSource.isTypeSupported('{MIME}')")
    with page.page.expect_request(re.compile("/compare/live/"), timeout=PATIENCE_MS) as asked:
        page.page.locator("#speak").click()
    page.page.wait_for_function(PLAYS_WHILE_MADE, timeout=PATIENCE_MS)
    expect(page.status).to_contain_text("Turbo fp32 can be heard while it is made")
    expect(page.cards.nth(0).locator(".scale")).to_have_count(0)
    slow.goes_on()
    expect(page.cards.nth(0).locator(".download")).to_be_visible(timeout=PATIENCE_MS)

    streamed = samples_of(urllib.request.urlopen(asked.value.url).read())
    link = page.cards.nth(0).locator(".download").get_attribute("href")
    kept = pcm(urllib.request.urlopen(str(link)).read())
    (whole,) = Client(slow.server.url, verbose=False).predict(TEXT, ["turbo"], api_name="/compare")
    spoken = pcm(Path(whole["audio"]).read_bytes())
    assert np.abs(kept - gain(spoken, kept) * spoken).max() <= 1, "one gain to the loudness of all samples"
    assert len(streamed) == len(spoken)
    # The whole speaks its pieces in a batch, which forms fp32 sums in another order: the last digits differ.
    error = streamed.astype(float) - spoken
    assert 10 * np.log10(np.square(spoken.astype(float)).sum() / np.square(error).sum()) > 40


def test_what_was_heard_while_it_was_made_counts_as_heard(slow: SlowVoice, new_page: NewPage) -> None:
    text = f"Heard from the first moment. {TEXT}".strip()
    page = open_page(slow.server, new_page(), text, "Turbo fp32")
    page.page.locator("#speak").click()
    page.page.wait_for_function(PLAYS_WHILE_MADE, timeout=PATIENCE_MS)
    page.page.evaluate(f"{FIRST}.pause()")
    heard = page.page.evaluate(f"{FIRST}.currentTime")
    slow.goes_on()
    expect(page.cards.nth(0).locator(".download")).to_be_visible(timeout=PATIENCE_MS)
    seconds = float(str(page.cards.nth(0).locator(".timeline").get_attribute("aria-valuemax")))
    page.choose_score(0, 4)
    page.cards.nth(0).locator(".save").click()
    expect(page.cards.nth(0).locator(".rated")).to_contain_text("Saved. You rated it 4")
    (row,) = [row for row in rows(slow.server.data) if row["text"] == text]
    assert float(row["heard_fraction"]) * seconds == pytest.approx(heard, abs=0.3)
    assert row["plays"] == "1"
    assert row["blind"] == "false"


def test_a_sample_stopped_while_it_is_made_is_gone_and_the_next_run_speaks(
    slow: SlowVoice, new_page: NewPage
) -> None:
    page = open_page(slow.server, new_page(), TEXT, "Turbo fp32")
    page.page.locator("#speak").click()
    page.page.wait_for_function(PLAYS_WHILE_MADE, timeout=PATIENCE_MS)
    page.page.locator("#stop").click()
    expect(page.status).to_contain_text("Stopped", timeout=PATIENCE_MS)
    expect(page.cards).to_have_count(0)
    expect(page.page.locator(".board audio")).to_have_count(0)
    expect(page.page.locator("#speak")).to_be_enabled(timeout=PATIENCE_MS)
    slow.goes_on()
    page.say("Short now.")
    page.speak(samples=1)
    expect(page.cards.nth(0).locator(".download")).to_be_visible(timeout=PATIENCE_MS)


def test_a_phone_hears_it_early_too_and_pauses_at_a_touch(slow: SlowVoice, new_page: NewPage) -> None:
    phone = new_page(width=360, height=740, touch=True)
    page = open_page(slow.server, phone, TEXT, "Turbo fp32", "Turbo INT8")
    page.page.locator("#speak").tap()
    page.page.wait_for_function(PLAYS_WHILE_MADE, timeout=PATIENCE_MS)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 360
    page.cards.nth(0).get_by_role("button", name="Pause").tap()
    heard = page.page.evaluate(f"{FIRST}.currentTime")
    slow.goes_on()
    expect(page.cards).to_have_count(2, timeout=PATIENCE_MS)
    assert page.page.evaluate("document.querySelectorAll('.card audio')[1].paused"), (
        "only the first plays by itself"
    )
    expect(page.cards.nth(0).locator(".download")).to_be_visible(timeout=PATIENCE_MS)
    assert page.page.evaluate(f"{FIRST}.currentTime") == pytest.approx(heard, abs=0.3)


def test_a_browser_that_cannot_play_it_early_plays_it_at_once_when_it_is_whole(
    server: Server, new_page: NewPage
) -> None:
    visitor = new_page()
    visitor.add_init_script("window.MediaSource = undefined")
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    page = open_page(server, visitor, SENTENCE, "Turbo fp32")
    page.page.locator("#speak").click()
    page.page.wait_for_function(f"{FIRST} && {FIRST}.currentTime > 0.1", timeout=PATIENCE_MS)
    expect(page.cards.nth(0).locator(".download")).to_be_visible()
    assert not [url for url in asked if "/compare/live/" in url]


def test_a_blind_run_plays_nothing_early(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    page.say(SENTENCE)
    page.choose_turbo("Turbo fp32", "Turbo INT8")
    page.speak(samples=2)
    assert not [url for url in asked if "/compare/live/" in url]
    assert page.page.locator(".card.live").count() == 0
