"""A press of Speak, from its way to the server to its answer: none is lost, and none replaces what is spoken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server
from tests.browser.held import Held

NewPage = Callable[..., Page]
TEXT = "#text textarea"


@pytest.fixture
def page(server: Server, new_page: NewPage) -> ComparePage:
    opened = ComparePage(new_page(), server.url)
    opened.choose("Dynamic INT8")
    opened.hide_names(False)
    return opened


def settled(page: ComparePage, text: str) -> None:
    """The text is typed, and all that the page asks about it is answered."""
    page.say(text)
    expect(page.page.locator("#spoken")).to_contain_text(f"{len(text)} of 2,000 characters")


def test_speak_cannot_be_pressed_again_until_it_is_answered(page: ComparePage) -> None:
    tab = page.page
    settled(page, "First text.")
    held = Held(tab)
    tab.locator("#speak").click()
    held.wait_for_one()
    expect(tab.locator("#speak")).to_be_disabled()
    page.say("Second text.")
    for press in (
        lambda: tab.locator("#speak").click(force=True),
        lambda: tab.locator(TEXT).press("Control+Enter"),
        lambda: tab.locator(TEXT).press("Shift+Enter"),
    ):
        press()
    held.let_go()
    expect(tab.locator(".board .spoken")).to_contain_text("First text.", timeout=LONG_WAIT_MS)
    expect(tab.locator(".board .stale")).to_be_visible()
    expect(tab.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    expect(tab.locator(".board .spoken")).to_contain_text("First text.")
    expect(tab.locator(TEXT)).to_have_value("Second text.")
    tab.locator("#speak").click()
    expect(tab.locator(".board .spoken")).to_contain_text("Second text.", timeout=LONG_WAIT_MS)


@pytest.mark.parametrize("keys", ["Control+Enter", "Shift+Enter"])
def test_keys_replace_no_run_that_is_under_way(page: ComparePage, keys: str) -> None:
    tab = page.page
    page.choose("Baseline fp32", "Dynamic INT8")
    page.say("A long text that takes its time to speak, and some more of it. " * 10)
    tab.locator(TEXT).press(keys)
    expect(tab.locator("#stop")).to_be_visible(timeout=LONG_WAIT_MS)
    page.say("Too early.")
    tab.locator(TEXT).press(keys)
    expect(tab.locator(".board .stale")).to_be_visible()
    tab.wait_for_timeout(500)
    expect(tab.locator(".board .spoken")).to_contain_text("A long text")
    tab.locator("#stop").click()
    expect(tab.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)


@pytest.mark.parametrize("way", ["button", "keys"])
def test_a_press_that_a_proxy_answers_is_told_and_can_be_repeated(page: ComparePage, way: str) -> None:
    tab = page.page

    def press() -> None:
        if way == "button":
            tab.locator("#speak").click()
        else:
            tab.locator(TEXT).press("Control+Enter")

    settled(page, "Twice pressed.")
    tab.route("**/predict", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    press()
    expect(page.problem).to_have_text("The server did not answer. Press the button again.")
    expect(tab.locator("#speak")).to_be_enabled()
    tab.unroute("**/predict")
    press()
    expect(page.cards).to_have_count(1, timeout=LONG_WAIT_MS)
    expect(page.problem).to_have_count(0)


def test_a_press_that_sends_too_much_is_told_why(page: ComparePage) -> None:
    tab = page.page
    page.say("Long. " * 20_000)
    tab.locator("#speak").click()
    expect(page.problem).to_contain_text("at most")
    settled(page, "Short.")
    tab.locator("#speak").click()
    expect(page.cards).to_have_count(1, timeout=LONG_WAIT_MS)
    expect(page.problem).to_have_count(0)


def test_a_press_that_is_refused_gives_speak_back(page: ComparePage) -> None:
    page.say("   ")
    page.page.locator(TEXT).press("Control+Enter")
    expect(page.problem).to_be_visible()
    expect(page.page.locator("#speak")).to_be_enabled()
