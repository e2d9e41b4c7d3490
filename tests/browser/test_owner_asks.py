"""The owner's questions about sessions, in a real browser: a yes does what the shown question says, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.held import Held
from tests.browser.test_owner import choose_session
from tests.browser.test_results import KEY, make_study, open_as_owner, visit, write_ratings

NewPage = Callable[..., Page]
SESSIONS = 9
REASON = "the loudspeaker was broken"
BUTTONS = ("results-set-aside", "results-take-back", "results-delete")


@pytest.fixture(scope="module")
def deployment(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A running study; its sessions are named study-1- to study-9-."""
    data = tmp_path_factory.mktemp("asks")
    make_study(data / "study")
    for number in range(1, SESSIONS + 1):
        write_ratings(data / "ratings", "study", 1, seed=number)
    return serve(data, OWNER_KEY=KEY, PREPARE_STUDY="0")


@pytest.fixture
def page(new_page: NewPage, deployment: Server) -> Page:
    tab = visit(new_page(), deployment)
    open_as_owner(tab)
    expect(tab.locator("#results-sessions table")).to_be_visible()
    return tab


def question(page: Page) -> Locator:
    return page.locator("#results-question")


def say_yes(page: Page) -> Locator:
    page.locator("#results-yes").click()
    return page.locator("#results-session-said").get_by_role("status")


def row(page: Page, name: str) -> Locator:
    return page.locator("#results-sessions tbody tr").filter(has_text=name)


def give_reason(page: Page, reason: str) -> None:
    page.locator("#results-session-reason").get_by_role("textbox").fill(reason)


def expect_nothing_asked(page: Page) -> None:
    expect(question(page)).not_to_contain_text("session")
    expect(page.locator("#results-yes")).to_be_hidden()


def test_what_was_pressed_last_is_asked_and_done_though_an_earlier_answer_comes_late(page: Page) -> None:
    choose_session(page, "study-1-")
    give_reason(page, REASON)
    held = Held(page, *BUTTONS, answers=True)
    page.locator("#results-set-aside").click()
    held.wait_for_one()
    page.locator("#results-delete").click()
    page.wait_for_timeout(500)
    held.let_go(last_first=True)
    expect(question(page)).to_contain_text("Delete session study-1-")
    expect(say_yes(page)).to_have_text("Deleted.")
    expect(row(page, "study-1-")).to_have_count(0)


def test_a_session_that_is_chosen_while_another_is_asked_about_is_the_one_that_is_deleted(page: Page) -> None:
    choose_session(page, "study-2-")
    held = Held(page, *BUTTONS)
    page.locator("#results-delete").click()
    held.wait_for_one()
    choose_session(page, "study-3-")
    page.locator("#results-delete").click()
    held.let_go()
    expect(question(page)).to_contain_text("Delete session study-3-")
    expect(say_yes(page)).to_have_text("Deleted.")
    expect(row(page, "study-3-")).to_have_count(0)
    expect(row(page, "study-2-")).to_have_count(1)


def test_choosing_another_session_takes_the_question_away(page: Page) -> None:
    choose_session(page, "study-4-")
    page.locator("#results-delete").click()
    expect(question(page)).to_contain_text("Delete session study-4-")
    choose_session(page, "study-5-")
    expect_nothing_asked(page)


def test_another_reason_takes_the_question_away(page: Page) -> None:
    choose_session(page, "study-4-")
    give_reason(page, REASON)
    page.locator("#results-set-aside").click()
    expect(question(page)).to_contain_text("Set aside session study-4-")
    give_reason(page, "the listener was asleep")
    expect_nothing_asked(page)


def test_a_reason_that_was_given_is_not_in_the_field_for_the_next_session(page: Page) -> None:
    choose_session(page, "study-6-")
    give_reason(page, REASON)
    page.locator("#results-set-aside").click()
    expect(question(page)).to_contain_text("Set aside session study-6-")
    expect(say_yes(page)).to_have_text("Set aside.")
    expect(row(page, "study-6-")).to_contain_text(REASON)
    expect(page.locator("#results-session-reason").get_by_role("textbox")).to_have_value("")


def test_an_answer_that_is_late_asks_nothing_of_a_session_that_is_chosen_no_more(page: Page) -> None:
    choose_session(page, "study-4-")
    held = Held(page, *BUTTONS, answers=True)
    page.locator("#results-delete").click()
    held.wait_for_one()
    choose_session(page, "study-5-")
    with page.expect_response("**/predict"):
        held.let_go()
    page.wait_for_timeout(500)
    expect_nothing_asked(page)
