"""A page whose connection was cut, in a real browser: it comes back by itself, whatever was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server, running_server
from tests.support.ports import free_port

NewPage = Callable[..., Page]


def lose_an_answer(tab: Page, press: Locator) -> None:
    """The connection breaks at the next question; the page is opened again, by itself."""
    tab.evaluate("window.before = true")
    tab.route("**/predict", lambda route: route.abort("connectionreset"), times=1)
    press.click()
    tab.wait_for_function("!window.before", timeout=LONG_WAIT_MS)


def test_compare_that_lost_an_answer_has_its_text_and_speaks(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("The text of before.")
    lose_an_answer(page.page, page.page.locator("#examples button").nth(1))
    expect(page.page.get_by_label("What should it say?")).to_have_value("The text of before.")
    page.choose("Dynamic INT8")
    page.speak(samples=1)


def test_results_that_lost_an_answer_can_be_asked(server: Server, new_page: NewPage) -> None:
    tab = new_page()
    tab.goto(f"{server.url}/results")
    tab.locator("#results-owner button").first.click()
    lose_an_answer(tab, tab.locator("#results-open"))
    tab.locator("#results-owner button").first.click()
    tab.locator("#results-key input").fill("not the key")
    tab.locator("#results-open").click()
    expect(tab.get_by_text("This is not the owner's key.")).to_be_visible(timeout=LONG_WAIT_MS)


def test_a_page_that_was_used_while_the_server_was_away_comes_back_with_its_text(
    new_page: NewPage, tmp_path: Path
) -> None:
    port = str(free_port())
    with running_server(tmp_path, PORT=port) as server:
        page = ComparePage(new_page(), server.url)
        page.say("The text of before.")
        page.choose("Dynamic INT8")
        page.page.evaluate("window.before = true")
        server.kill()
        with page.page.expect_event("requestfailed"):
            page.page.locator("#examples button").nth(1).click()
    with running_server(tmp_path, PORT=port):
        page.page.wait_for_function("!window.before", timeout=LONG_WAIT_MS)
        expect(page.page.get_by_label("What should it say?")).to_have_value("The text of before.")
        page.speak(samples=1)
