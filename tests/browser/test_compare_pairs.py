"""The vote by pairs, as a visitor casts it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import Server
from tests.browser.test_compare import serious

NewPage = Callable[..., Page]
IS_HEARD = "audio => audio.played.length && audio.currentTime > 0.05"


@pytest.mark.parametrize("phone", [False, True], ids=["keys", "phone"])
def test_two_samples_are_compared_in_both_orders(server: Server, new_page: NewPage, phone: bool) -> None:
    tab = new_page(width=360, height=740, dark=True, touch=True) if phone else new_page()
    page = ComparePage(tab, server.url)
    text = f"Which is better, {'here' if phone else 'there'}?"
    page.say(text)
    page.choose("Baseline fp32", "Dynamic INT8")
    tab.get_by_label("Vote by pairs, both orders").check()
    tab.locator("#speak").click()
    pair = tab.locator(".card.pair")
    expect(pair).to_contain_text("Pair 1 of 2", timeout=LONG_WAIT_MS)
    expect(tab.locator(".card:not(.waiting)")).to_have_count(1)
    for number in (1, 2):
        expect(pair).to_contain_text(f"Pair {number} of 2")
        expect(pair.locator(".save")).to_have_attribute("aria-disabled", "true")
        for which in (0, 1):
            pair.locator(".play").nth(which).click()
            tab.wait_for_function(
                "i => document.querySelectorAll('.pair audio')[i].currentTime > 0.05", arg=which
            )
        if number == 1:
            assert serious(tab) == []
        if phone:
            pair.locator(".scale label").nth(2).tap()
            pair.locator(".save").tap()
        else:
            tab.keyboard.press("3")
            expect(pair.get_by_role("radio", name="The second")).to_be_checked()
            tab.keyboard.press("Enter")
    expect(tab.locator(".reveal")).to_contain_text("better 1 of 2, worse 1 of 2", timeout=LONG_WAIT_MS)
    assert tab.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1280)
    mine = [row for row in rows(server.data) if row["text"] == text]
    assert {(row["method"], row["variant"], row["blind"]) for row in mine} == {("AB", "int8", "true")}
    assert sorted(row["rating"] for row in mine) == ["-1", "1"]


def test_the_letters_of_the_bar_play_the_pair_that_is_open_and_then_the_cards(
    server: Server, new_page: NewPage
) -> None:
    page = ComparePage(new_page(), server.url)
    tab = page.page
    page.say("Two letters, and what they stand for.")
    page.choose("Baseline fp32", "Dynamic INT8")
    tab.get_by_label("Vote by pairs, both orders").check()
    tab.locator("#speak").click()
    pair = tab.locator(".card.pair")
    for number in (1, 2):
        expect(pair).to_contain_text(f"Pair {number} of 2", timeout=LONG_WAIT_MS)
        for index, letter in enumerate("AB"):
            button = tab.get_by_role("button", name=f"Switch to sample {letter}")
            expect(button).to_have_attribute("aria-pressed", "false")
            button.click()
            tab.wait_for_function(f"({IS_HEARD})(document.querySelectorAll('.pair audio')[{index}])")
            expect(button).to_have_attribute("aria-pressed", "true")
        pair.locator(".scale label").nth(2).click()
        expect(pair.locator(".save")).to_have_text("Save The second")
        pair.locator(".save").click()
    expect(tab.locator(".reveal")).to_be_visible(timeout=LONG_WAIT_MS)
    for letter in "AB":
        tab.get_by_role("button", name=f"Switch to sample {letter}").click()
        tab.wait_for_function(f"({IS_HEARD})(document.querySelector('.card[data-letter={letter}] audio'))")
