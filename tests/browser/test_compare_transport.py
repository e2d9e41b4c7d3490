"""All samples under one hand: play, switch at the same place, play in turn; and what the page says around them."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import PATIENCE_MS, Server

NewPage = Callable[..., Page]
TIME = "i => document.querySelectorAll('.card:not(.waiting) audio')[i].currentTime"
PLAYS = "i => !document.querySelectorAll('.card:not(.waiting) audio')[i].paused"
NEARLY_OVER = (
    "i => { const a = document.querySelectorAll('.card audio')[i]; a.currentTime = a.duration - 0.2 }"
)

GO_BACK = """() => Promise.all([...document.querySelectorAll('audio')].map(async (audio) => {
    audio.pause();
    while (audio.seeking || audio.currentTime) {
        const sought = new Promise((done) => audio.addEventListener('seeked', done, { once: true }));
        if (!audio.seeking) audio.currentTime = 0;
        await sought;
    }
}))"""
"""A sound that is just being put to another place tells its old one, so that this is waited for."""
HEAD_IS_AT = "([head, x]) => Math.abs(head.getBoundingClientRect().x - x) <= 3"
HEAD_FOLLOWS = """head => {
    const audio = document.querySelector('.card:not(.waiting) audio');
    const line = head.parentElement.getBoundingClientRect();
    const place = line.x + line.width * audio.currentTime / audio.duration;
    return !audio.paused && audio.currentTime > 0.5 && Math.abs(head.getBoundingClientRect().x - place) <= 6;
}"""
"""Drawn with the next frame, and not when the sound is there."""

NOTE_WHERE_B_BEGINS = """() => {
    const [a, b] = document.querySelectorAll('.card audio');
    b.addEventListener('playing', () => { window.bBehindA = b.currentTime - a.currentTime; }, { once: true });
}"""


@pytest.fixture(scope="module")
def spoken(server: Server, chromium: object) -> Iterator[ComparePage]:
    """An open comparison of two, made once."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")  # type: ignore[attr-defined]
    context.set_default_timeout(PATIENCE_MS)
    page = ComparePage(context.new_page(), server.url)
    page.choose("Baseline fp32", "Dynamic INT8")
    page.hide_names(False)
    page.say("The birch canoe slid on the smooth planks, and nobody on the river saw it go.")
    page.speak(samples=2)
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    yield page
    context.close()


def silence(page: ComparePage) -> None:
    page.page.evaluate(GO_BACK)
    for head in page.cards.get_by_role("slider").all():
        expect(head).to_have_attribute("aria-valuenow", "0.00")


def test_a_letter_switches_to_a_sample_at_the_same_place(spoken: ComparePage) -> None:
    silence(spoken)
    spoken.cards.nth(0).get_by_role("button", name="Play sample A").click()
    spoken.page.wait_for_function(f"({TIME})(0) > 0.6")
    spoken.page.evaluate(NOTE_WHERE_B_BEGINS)
    spoken.page.keyboard.press("b")
    spoken.page.wait_for_function(f"({PLAYS})(1) && ({TIME})(1) > 0.5 && window.bBehindA !== undefined")
    assert not spoken.page.evaluate(PLAYS, 0)
    assert abs(spoken.page.evaluate("window.bBehindA")) < 0.5
    expect(spoken.page.get_by_role("button", name="Switch to sample B")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_letter_typed_into_the_text_stays_a_letter(spoken: ComparePage) -> None:
    silence(spoken)
    spoken.page.locator("#text textarea").press("a")
    assert not spoken.page.evaluate(PLAYS, 0)
    expect(spoken.page.locator(".board .stale")).to_be_visible()


def test_every_sample_has_a_waveform_of_its_own_audio(spoken: ComparePage) -> None:
    expect(spoken.page.locator(".card .timeline.drawn")).to_have_count(2)
    shapes = spoken.page.locator(".card .timeline > svg path").evaluate_all(
        "all => all.map((p) => p.getAttribute('d'))"
    )
    heights = [[float(height) for height in re.findall(r"v([\d.]+)", shape)] for shape in shapes]
    for index, card in enumerate(heights):
        with urllib.request.urlopen(
            str(spoken.cards.locator("audio").nth(index).get_attribute("src"))
        ) as wav:
            samples = np.abs(np.frombuffer(wav.read()[44:], "<i2").astype(float))
        peaks = np.array([part.max() for part in np.array_split(samples, len(card))])
        assert np.corrcoef(peaks, card)[0, 1] > 0.95
    assert heights[0] != heights[1]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_click_into_the_waveform_plays_on_from_there(spoken: ComparePage, direction: str) -> None:
    silence(spoken)
    spoken.page.evaluate("direction => { document.documentElement.dir = direction }", direction)
    timeline = spoken.cards.nth(0).get_by_role("slider", name="Position in sample A")
    box = timeline.bounding_box()
    assert box is not None
    timeline.click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    duration = spoken.page.evaluate("document.querySelector('.card audio').duration")
    assert spoken.page.evaluate(TIME, 0) == pytest.approx(duration / 4, rel=0.05)
    head = timeline.locator(".head").element_handle()
    spoken.page.wait_for_function(HEAD_IS_AT, arg=[head, box["x"] + box["width"] / 4])
    spoken.page.evaluate("document.documentElement.dir = 'ltr'")


def test_the_waveform_is_a_slider_for_the_keyboard(spoken: ComparePage) -> None:
    silence(spoken)
    timeline = spoken.cards.nth(0).get_by_role("slider", name="Position in sample A")
    timeline.focus()
    for key, where in (("ArrowRight", 0.25), ("ArrowRight", 0.5), ("ArrowLeft", 0.25), ("Home", 0)):
        spoken.page.keyboard.press(key)
        assert spoken.page.evaluate(TIME, 0) == pytest.approx(where, abs=0.01)
    spoken.page.keyboard.press("PageUp")
    expect(timeline).to_have_attribute("aria-valuetext", re.compile(r"^0\.\d of \d\.\d seconds$"))
    spoken.page.keyboard.press("End")
    assert spoken.page.evaluate("(a => a.currentTime === a.duration)(document.querySelector('.card audio'))")


def test_the_playhead_follows_what_plays(spoken: ComparePage) -> None:
    silence(spoken)
    spoken.cards.nth(0).get_by_role("button", name="Play sample A").click()
    head = spoken.cards.nth(0).locator(".head").element_handle()
    spoken.page.wait_for_function(HEAD_FOLLOWS, arg=head)


def test_arrows_go_to_the_next_sample_and_around(spoken: ComparePage) -> None:
    silence(spoken)
    spoken.cards.nth(0).get_by_role("button", name="Play sample A").click()
    for index in (1, 0):
        spoken.page.keyboard.press("ArrowRight")
        spoken.page.wait_for_function(f"({PLAYS})({index})")
    spoken.page.keyboard.press("ArrowLeft")
    spoken.page.wait_for_function(f"({PLAYS})(1)")


def test_all_play_in_turn(spoken: ComparePage) -> None:
    silence(spoken)
    spoken.page.get_by_role("button", name="Play all in turn").click()
    spoken.page.wait_for_function(f"({PLAYS})(0)")
    spoken.page.evaluate(NEARLY_OVER, 0)
    spoken.page.wait_for_function(f"({PLAYS})(1)")
    spoken.page.get_by_role("group", name="All samples").get_by_role("button", name="Pause").click()
    assert not spoken.page.evaluate(PLAYS, 1)


def test_a_sentence_says_what_each_variant_came_to(spoken: ComparePage) -> None:
    expect(spoken.page.locator(".board .result li")).to_have_count(1)
    expect(spoken.page.locator(".board .result")).to_contain_text("Dynamic INT8: ")
    expect(spoken.page.locator(".board .result")).to_contain_text("% smaller, ")
    expect(spoken.cards.nth(0)).to_contain_text("voice Emma")


def test_speak_keeps_its_name_after_a_refusal_and_ctrl_enter_presses_it(
    server: Server, new_page: NewPage
) -> None:
    page = ComparePage(new_page(), server.url)
    page.say("   ")
    page.page.locator("#speak").click()
    expect(page.problem).to_be_visible()
    expect(page.page.locator("#speak")).to_be_enabled()
    expect(page.page.locator("#speak")).to_have_text("Speak")
    page.choose("Dynamic INT8")
    page.say("With two keys.")
    expect(page.page.locator("#spoken")).to_contain_text("14 of 2,000 characters")
    page.page.locator("#text textarea").press("Control+Enter")
    expect(page.cards).to_have_count(1, timeout=LONG_WAIT_MS)


def test_a_recipe_without_a_match_is_left_out_and_said(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Dynamic INT8")
    page.say("One recipe is wrong.")
    page.page.get_by_role("button", name="Your own version").click()
    page.page.get_by_label("Add it to the comparison").check()
    page.page.get_by_label("Layers to change").fill("no.such.layer")
    page.speak(samples=1)
    expect(page.problem).to_contain_text("no.such.layer")
    expect(page.cards.nth(0).locator("h3")).to_have_text("Dynamic INT8")


def test_tabs_and_links_name_the_page_and_keep_the_theme(server: Server, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{server.url}/results?__theme=dark")
    expect(page).to_have_title("Results · Hear what optimisation costs")
    told = page.locator("meta[property^='og:'], meta[name^='twitter:']").evaluate_all(
        "all => all.map((m) => m.content)"
    )
    assert not [content for content in told if "radio" in content]
    page.get_by_role("link", name="Compare").first.click()
    expect(page.locator("#speak")).to_be_visible()
    assert "__theme=dark" in page.url
    assert page.evaluate("document.body.classList.contains('dark')")
