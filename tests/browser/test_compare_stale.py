"""Samples of an earlier request say so: as long as what is asked is not what they were asked with, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage
from tests.browser.conftest import PATIENCE_MS, Server

NewPage = Callable[..., Page]
SPOKEN = "One request, and then another."


def note(page: ComparePage) -> Locator:
    return page.page.locator(".board .stale")


def over(page: ComparePage) -> None:
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)


@pytest.fixture(scope="module")
def spoken(server: Server, chromium: object) -> Iterator[ComparePage]:
    """One version, spoken once with its name shown and timed twice; all sections are open."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")  # type: ignore[attr-defined]
    context.set_default_timeout(PATIENCE_MS)
    page = ComparePage(context.new_page(), server.url)
    page.page.get_by_role("button", name="Another voice").click()
    page.choose("Dynamic INT8")
    page.hide_names(False)
    page.repeats(2)
    page.say(SPOKEN)
    page.speak(samples=1)
    over(page)
    yield page
    context.close()


def choose(page: ComparePage, menu: str, option: int) -> None:
    page.page.get_by_label(menu, exact=True).click()
    page.page.get_by_role("option").nth(option).click()


def seed(page: ComparePage) -> Locator:
    return page.page.locator("#seed input")


def repeats(page: ComparePage) -> Locator:
    return page.page.locator("#repeats input[type=number]")


Act = Callable[[ComparePage], None]
CHANGES: dict[str, tuple[Act, Act]] = {
    "typed": (lambda page: page.say("Another."), lambda page: page.say(SPOKEN)),
    "example": (
        lambda page: page.page.locator("#examples button").nth(1).click(),
        lambda page: page.say(SPOKEN),
    ),
    "new seed": (
        lambda page: page.page.locator("#dice").click(),
        lambda page: seed(page).fill("0"),
    ),
    "speaker": (lambda page: choose(page, "Speaker", 1), lambda page: choose(page, "Speaker", 0)),
    "blend": (lambda page: choose(page, "Blend with", 1), lambda page: choose(page, "Blend with", 0)),
    "reset": (
        lambda page: page.page.locator("#repeats").get_by_role("button").first.click(),
        lambda page: repeats(page).fill("2"),
    ),
    "another version": (
        lambda page: page.choose("Dynamic INT8", "Baseline fp32"),
        lambda page: page.choose("Dynamic INT8"),
    ),
    "brought": (
        lambda page: page.bring_anna(),
        lambda page: page.page.get_by_role("button", name="Use the chosen speaker again").click(),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_note_comes_with_a_change_and_goes_with_its_undoing(spoken: ComparePage, change: str) -> None:
    act, undo = CHANGES[change]
    expect(note(spoken)).to_be_hidden()
    act(spoken)
    expect(note(spoken)).to_be_visible()
    undo(spoken)
    expect(note(spoken)).to_be_hidden()


def test_what_is_not_in_use_changes_nothing(spoken: ComparePage) -> None:
    spoken.page.locator("#share input[type=number]").fill("20")
    spoken.page.locator("#share input[type=number]").press("Tab")
    spoken.page.wait_for_function("sessionStorage.getItem('speecht5-draft').includes('share=20')")
    expect(note(spoken)).to_be_hidden()


def test_the_note_stays_while_it_is_true(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Baseline fp32", "Dynamic INT8")
    page.say("Rated while another text is written.")
    page.speak(samples=2)
    page.say("Another text.")
    expect(note(page)).to_be_visible()
    over(page)
    expect(note(page)).to_be_visible()
    page.rate(0, 4)
    expect(note(page)).to_be_visible()
    page.page.locator("#speak").click()
    expect(note(page)).to_be_hidden()


def test_after_a_reload_the_note_says_what_is_true(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    page.choose("Dynamic INT8")
    page.say("One version has no name to hide.")
    page.speak(samples=1)
    over(page)
    page.page.reload()
    expect(page.cards).to_have_count(1, timeout=LONG_WAIT_MS)
    expect(page.page.get_by_label("What should it say?")).to_have_value("One version has no name to hide.")
    page.page.wait_for_timeout(1000)
    expect(note(page)).to_be_hidden()
    page.say("Typed and not spoken.")
    expect(note(page)).to_be_visible()
    page.page.reload()
    expect(page.cards).to_have_count(1, timeout=LONG_WAIT_MS)
    expect(page.page.get_by_label("What should it say?")).to_have_value("Typed and not spoken.")
    expect(note(page)).to_be_visible()


@pytest.mark.parametrize("own", [False, True], ids=["blind", "own version"])
def test_who_opens_a_link_reads_no_note_until_a_field_is_changed(
    server: Server, new_page: NewPage, own: bool
) -> None:
    ann = ComparePage(new_page(), server.url)
    ann.choose("Dynamic INT8", "Baseline fp32")
    ann.say(f"Shared, {'with a version of my own' if own else 'without names'}.")
    if own:
        ann.page.get_by_role("button", name="Your own version").click()
        ann.page.get_by_label("Add it to the comparison").check()
        ann.page.get_by_label("Vote by pairs, both orders").check()
    ann.page.locator("#speak").click()
    expect(ann.page.locator(".transport")).to_be_visible(timeout=LONG_WAIT_MS)
    bob = ComparePage(new_page(), ann.page.url)
    expect(bob.page.locator(".transport")).to_be_visible(timeout=LONG_WAIT_MS)
    bob.page.wait_for_timeout(1000)
    expect(note(bob)).to_be_hidden()
    bob.choose("Dynamic INT8")
    expect(note(bob)).to_be_visible()
