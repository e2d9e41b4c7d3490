"""Fields that the server answers, in a real browser: what is asked while an answer is on its way is answered too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.compare_page import ComparePage
from tests.browser.conftest import Server
from tests.browser.held import Held

NewPage = Callable[..., Page]


@pytest.fixture
def page(server: Server, new_page: NewPage) -> ComparePage:
    return ComparePage(new_page(), server.url)


def test_a_layer_that_is_ticked_while_another_is_on_its_way_is_in_the_field(page: ComparePage) -> None:
    tab = page.page
    tab.get_by_role("button", name="Your own version").click()
    tab.get_by_role("button", name="Pick layers from the model").click()
    boxes = tab.locator("#layer-tree input:visible")
    expect(boxes.nth(1)).to_be_visible()
    held = Held(tab)
    boxes.nth(0).check()
    held.wait_for_one()
    boxes.nth(1).check()
    held.let_go()
    patterns = ", ".join(str(boxes.nth(n).get_attribute("value")) for n in range(2))
    expect(tab.get_by_label("Layers to change")).to_have_value(patterns)


def test_an_example_that_is_pressed_is_the_text(page: ComparePage) -> None:
    for example in reversed(page.page.locator("#examples button").all()):
        example.click()
        expect(page.page.get_by_label("What should it say?")).to_have_value(example.inner_text())


def test_the_example_that_was_pressed_last_is_the_text(page: ComparePage) -> None:
    tab = page.page
    examples = tab.locator("#examples button")
    held = Held(tab)
    examples.nth(0).click()
    held.wait_for_one()
    examples.nth(1).click()
    held.let_go()
    expect(tab.get_by_label("What should it say?")).to_have_value(examples.nth(1).inner_text())


def test_a_voice_that_is_brought_while_the_menu_is_being_told_of_none_is_named_in_it(
    page: ComparePage,
) -> None:
    tab = page.page
    tab.get_by_role("button", name="Another voice").click()
    held = Held(tab)
    page.bring_anna()
    held.wait_for_one()
    expect(tab.locator("#upload .upload-said")).to_contain_text("anna (uploaded) speaks")
    held.let_go()
    expect(tab.get_by_label("Speaker", exact=True)).to_have_value("anna (uploaded)")


def test_a_speaker_that_is_chosen_while_the_menu_is_answered_stays_chosen(page: ComparePage) -> None:
    tab = page.page
    menu = tab.get_by_label("Speaker", exact=True)
    tab.get_by_role("button", name="Another voice").click()
    page.bring_anna()
    expect(menu).to_have_value("anna (uploaded)")
    held = Held(tab)
    for number in (1, 2):
        menu.click()
        tab.get_by_role("option").nth(number).click()
        held.wait_for_one()
    chosen = menu.input_value()
    with tab.expect_response("**/predict"):
        held.let_go()
    tab.wait_for_timeout(500)
    expect(menu).to_have_value(chosen)
