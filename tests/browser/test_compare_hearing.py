"""The button "what a recogniser hears", in a browser: after the reveal, on a phone too, and without colour alone."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from speecht5_demo.quality.metrics.words import normalised
from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import Server

NewPage = Callable[..., Page]
HEARD_MS = 2 * LONG_WAIT_MS
"""The first time opens the recogniser, too."""
SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures to look at."""


def shot(page: ComparePage, name: str) -> None:
    if SHOTS:
        page.page.locator(".board .heard").screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_a_recogniser_writes_down_each_sample_after_the_reveal_and_it_is_taken_away(
    server: Server, new_page: NewPage
) -> None:
    page = ComparePage(new_page(width=390, height=844, touch=True), server.url)
    page.choose("Baseline fp32", "Pruned 30 % + INT8")
    page.say("Dr. Lee paid $12.50 for a wreath of thistles.")
    page.repeats(1)
    page.speak(samples=2)
    button = page.page.get_by_role("button", name="What a recogniser hears")
    expect(button).to_have_count(0)
    page.rate(0, 4)
    page.rate(1, 3)
    expect(button).to_be_visible(timeout=LONG_WAIT_MS)
    shot(page, "asked-not-yet")
    button.focus()
    page.page.keyboard.press("Enter")
    samples = page.page.locator(".board .heard li")
    expect(samples).to_have_count(2, timeout=HEARD_MS)
    expect(button).to_be_hidden()
    expect(page.page.locator(".board .heard h3")).to_be_focused()
    expect(samples.nth(0)).to_contain_text("Baseline fp32")
    expect(samples.nth(1)).to_contain_text("(Distill-MOS)")
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.page.evaluate(BELOW_THE_SAMPLES), "on a phone, samples to play come first"
    for place in samples.all():
        differing = place.locator("mark, del, ins").all()
        assert all(word.evaluate(MARKED_WITHOUT_COLOUR) for word in differing)
        assert bool(differing) is ("no word of" not in place.inner_text())
    shot(page, "phone")
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="Take it all away").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        rows = json.loads(archive.read("figures.json"))
    shown = {place.locator("h4").inner_text()[1:]: place.evaluate(SAID_AND_HEARD) for place in samples.all()}
    assert shown == {
        row["label"]: ["doctor lee paid $12.50 for a wreath of thistles", normalised(row["heard"])]
        for row in rows
    }


BELOW_THE_SAMPLES = """() => {
    const [heard, cards] = ['.board .heard', '.board .cards'].map((name) => document.querySelector(name));
    return heard.getBoundingClientRect().top >= cards.getBoundingClientRect().bottom;
}"""
SAID_AND_HEARD = """(sample) => {
    const without = (...signs) => {
      const words = sample.querySelector('.words').cloneNode(true);
      words.querySelectorAll(['.visually-hidden', '[aria-hidden]', ...signs].join()).forEach((sign) => sign.remove());
      return words;
    };
    const text = (words) => words.textContent.split(/\\s+/).join(' ').trim();
    const said = without('ins');
    for (const other of said.querySelectorAll('mark')) {
      other.textContent = other.querySelector('small').textContent.replace('for ', '');
    }
    return [text(said), text(without('del', 'small'))];
}"""
"""Both sides of a comparison, as its words and their marks tell them."""
MARKED_WITHOUT_COLOUR = """(word) => {
    const style = getComputedStyle(word);
    const signs = { MARK: parseFloat(style.borderTopWidth) >= 2 && !!word.querySelector('small'),
      DEL: style.textDecorationLine.includes('line-through'), INS: word.textContent.includes('+') };
    return signs[word.tagName];
}"""


def test_marked_words_can_be_read_in_the_dark_on_a_wide_page(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(dark=True), server.url)
    page.choose("Baseline fp32", "Dynamic INT8")
    page.hide_names(False)
    page.say("The birch canoe slid on the smooth planks, and a wreath of thistles thawed.")
    page.repeats(1)
    page.speak(samples=2)
    page.page.get_by_role("button", name="What a recogniser hears").click(timeout=LONG_WAIT_MS)
    expect(page.page.locator(".board .heard li")).to_have_count(2, timeout=HEARD_MS)
    expect(page.page.locator(".board .heard .key")).to_contain_text("heard in place of another")
    shot(page, "dark")
