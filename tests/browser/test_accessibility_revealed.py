"""A revealed comparison: no finding of axe, and an order that makes sense to who has it read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server
from tests.browser.test_accessibility import GRADIO, findings, show_whole

LOOKS = [(dark, width) for dark in (False, True) for width in (320, 1280)]
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(h => h.checkVisibility())"


@pytest.fixture(scope="module")
def revealed(server: Server, chromium: Browser) -> Iterator[ComparePage]:
    """A comparison of two, rated, with everything that folds open."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(LONG_WAIT_MS)
    page = ComparePage(context.new_page(), server.url)
    page.say("Read aloud from top to bottom.")
    page.choose("Baseline fp32", "Dynamic INT8")
    page.repeats(1)
    page.speak(samples=2)
    page.rate(0, 4)
    page.rate(1, 3)
    expect(page.page.locator(".reveal")).to_be_visible()
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    page.page.evaluate("document.querySelectorAll('.board details').forEach((each) => { each.open = true })")
    yield page
    context.close()


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_axe_finds_nothing_on_a_revealed_board(revealed: ComparePage, dark: bool, width: int) -> None:
    page = revealed.page
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    show_whole(page, width)
    assert findings(page, dark=dark) == ({} if dark else GRADIO)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_revealed_page_is_read_in_an_order_that_makes_sense(revealed: ComparePage) -> None:
    revealed.page.set_viewport_size({"width": 1280, "height": 900})
    levels = revealed.page.evaluate(f"{HEADINGS}.map(h => Number(h.ariaLevel ?? h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    said = revealed.page.locator("body").aria_snapshot()
    order = [
        'heading "Hear what optimisation costs"', 'textbox "What should it say?"', 'button "Speak"',
        'checkbox "Hide names until I have rated"', "Versions to compare", "All rated.", 'table',
        'button "Play sample A"', "You rated it 4", 'button "Play sample B"', "You rated it 3",
    ]  # fmt: skip
    places = [said.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places), said
