"""The Compare page where the network is uneven: no press of Speak is lost."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server
from tests.browser.wire import recorded

NewPage = Callable[..., Page]
END_OF_STREAM = b'"msg":"close_stream"'


def test_speak_is_not_lost_while_the_last_answer_is_still_on_its_way(
    server: Server, new_page: NewPage
) -> None:
    with recorded(server.url, late=END_OF_STREAM) as wire:
        page = ComparePage(new_page(), wire.url)
        page.choose("Dynamic INT8")
        page.say("Hurry up.")
        expect(page.page.locator("#spoken")).to_contain_text("Hurry up.")
        page.speak(samples=1)
        expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
        assert END_OF_STREAM in wire.since((0, 0))[1], "it still closes its stream"
