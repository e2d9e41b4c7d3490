"""A long text shows where it stands, and the way to the first word is short."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server

NewPage = Callable[..., Page]
LARGEST_OWN_BYTES = 300_000
MOST_TABS = 5


def test_a_long_text_counts_its_parts_and_its_seconds(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Dynamic INT8")
    page.hide_names(False)
    page.say("Something short first.")
    page.speak(samples=1)
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    page.choose("Baseline fp32", "Dynamic INT8")
    page.say("A long text that takes its time to speak, and some more of it. " * 20)
    page.page.locator("#speak").click()
    expect(page.page.locator(".board .left")).to_have_text(
        re.compile(r"^About \d+ s left\.$"), timeout=LONG_WAIT_MS
    )
    expect(page.page.locator(".card.waiting h3").first).to_have_text(
        re.compile(r"^Speaking part \d+ of \d+…$"), timeout=LONG_WAIT_MS
    )
    expect(page.page.locator(".card.waiting .placeholder span")).to_have_count(1)
    page.page.wait_for_function(
        "document.querySelector('.card.live audio')?.currentTime > 0.1", timeout=LONG_WAIT_MS
    )
    expect(page.status).to_contain_text("can be heard while it is made")
    page.page.locator("#stop").click()
    expect(page.status).to_contain_text("Stopped", timeout=LONG_WAIT_MS)


def test_the_way_to_speak_is_short_and_the_focus_stays(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Dynamic INT8")
    page.say("A short way.")
    page.page.get_by_label("What should it say?").click()
    for _ in range(MOST_TABS):
        page.page.keyboard.press("Tab")
        if page.page.evaluate("document.activeElement.id === 'speak'"):
            break
    assert page.page.evaluate("document.activeElement.id") == "speak"
    page.page.keyboard.press("Enter")
    expect(page.cards.first).to_be_visible(timeout=LONG_WAIT_MS)
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    assert page.page.evaluate("document.activeElement.id") == "speak"


def test_a_first_visit_loads_little_beside_gradio(server: Server, new_page: NewPage) -> None:
    page = new_page()
    own: dict[str, int] = {}

    def note(url: str, size: int) -> None:
        if not re.search(r"/(assets|static|svelte)/|/theme\.css|/gradio_api/", url):
            own[url] = size

    page.on("response", lambda response: note(response.url, len(response.body())))
    ComparePage(page, server.url)
    assert own
    assert sum(own.values()) < LARGEST_OWN_BYTES, own
