"""The Compare page where the network is uneven and the house is full: no press of Speak is lost."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
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


def let_in(request: urllib.request.Request) -> bool:
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as refused:
        return refused.code != 503
    return True


def queue_full_of_others(server: Server) -> None:
    """Wait in line until nobody is let in any more, without wanting anything."""
    config = json.load(urllib.request.urlopen(f"{server.url}/config"))
    (compare,) = [entry["id"] for entry in config["dependencies"] if entry["api_name"] == "compare"]
    body = json.dumps({"data": ["", [], "", 0, 0], "fn_index": compare, "session_hash": "crowd"}).encode()
    request = urllib.request.Request(
        f"{server.url}/gradio_api/queue/join", body, {"Content-Type": "application/json"}
    )
    assert not all(let_in(request) for _ in range(100))


def test_a_full_house_is_told_on_the_page_and_speak_can_be_pressed_again(
    server: Server, new_page: NewPage
) -> None:
    speaker, late = (ComparePage(new_page(), server.url) for _ in range(2))
    speaker.say("A long text that takes its time to speak. " * 40)
    speaker.page.locator("#speak").click()
    expect(speaker.status).to_contain_text(re.compile("samples are ready"), timeout=LONG_WAIT_MS)
    queue_full_of_others(server)
    late.choose("Dynamic INT8")
    late.page.locator("#speak").click()
    expect(late.problem).to_contain_text("Too many visitors are waiting")
    speaker.page.locator("#stop").click()
    expect(speaker.status).to_contain_text("Stopped")
    expect(late.page.locator("#speak")).to_be_enabled()
    late.speak(samples=1)
