"""The Results page while it is in use, in a real browser: what comes in or is asked meanwhile takes nothing away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.held import Held
from tests.browser.test_owner import choose_session
from tests.browser.test_results import KEY, make_study, open_as_owner, visit, write_ratings

NewPage = Callable[..., Page]
LISTENERS, VARIANTS = 9, 3
WATCH = """players => players.map(player => {
    player.told = [];
    for (const name of ['emptied', 'pause']) player.addEventListener(name, () => player.told.push(name));
})"""
TOLD = "players => players.map(player => player.told)"


@pytest.fixture(scope="module")
def deployment(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    data = tmp_path_factory.mktemp("in-use")
    make_study(data / "study")
    for number in range(1, LISTENERS + 1):
        write_ratings(data / "ratings", "study", 1, seed=number)
    return serve(data, OWNER_KEY=KEY, PREPARE_STUDY="0")


@pytest.fixture
def page(new_page: NewPage, deployment: Server) -> Page:
    return visit(new_page(), deployment)


def opened(page: Page) -> Page:
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete")
    return page


def open_sentence(page: Page, number: int) -> Locator:
    """The sentence's part of the page."""
    text = f"Sentence number {number}."
    page.get_by_role("tab", name="Sentences").click()
    page.locator("#results-sentence input").click()
    page.get_by_role("option", name=text).click()
    drill = page.locator("#results-drill")
    expect(drill.locator("blockquote")).to_have_text(text)
    return drill


def test_an_opened_sentence_stays_open_and_its_players_are_left_alone_when_a_rating_comes_in(
    page: Page, deployment: Server
) -> None:
    drill = open_sentence(opened(page), 3)
    row = drill.get_by_role("row", name="baseline").first
    before = row.text_content() or ""
    players = drill.locator("audio")
    players.evaluate_all(WATCH)
    write_ratings(deployment.data / "ratings", "study", 1, seed=LISTENERS + 1)
    expect(row).not_to_have_text(before)
    expect(row).to_contain_text("baseline")
    expect(page.locator("#results-sentence input")).to_have_value("Sentence number 3.")
    assert players.evaluate_all(TOLD) == [[]] * VARIANTS


def test_a_sentence_that_is_sealed_closes(page: Page) -> None:
    drill = open_sentence(opened(page), 3)
    page.locator("#results-key input").fill("")
    page.locator("#results-open").click()
    expect(drill).not_to_contain_text("Sentence number 3.")
    expect(page.locator("#results-sentence input")).to_have_value("")


def test_downloads_that_are_asked_for_together_are_all_brought(page: Page) -> None:
    names: list[str] = []
    opened(page).on("download", lambda download: names.append(download.suggested_filename.partition("-")[0]))
    held = Held(page, *(f"results-get-{kind}" for kind in ("json", "summary", "ratings")), answers=True)
    for kind in ("json", "summary", "ratings"):
        page.locator(f"#results-get-{kind}").click()
    held.wait_for(3)
    held.let_go()
    page.wait_for_timeout(2000)
    assert sorted(names) == ["ratings", "results", "scores"]


def test_a_file_that_is_asked_for_again_meanwhile_is_brought_again(page: Page) -> None:
    names: list[str] = []
    opened(page).on("download", lambda download: names.append(download.suggested_filename))
    held = Held(page, "results-get-json")
    page.locator("#results-get-json").click()
    held.wait_for_one()
    page.locator("#results-get-json").click()
    held.let_go()
    page.wait_for_timeout(2000)
    assert len(names) == 2


def test_no_file_that_is_gone_looks_ready_after_a_session_is_deleted(page: Page) -> None:
    opened(page).locator("#results-get-json").click()
    ready = page.locator("a.ready")
    expect(ready).to_have_count(1)
    address = ready.evaluate("link => link.href")
    assert page.request.get(address).status == 200
    choose_session(page, "study-1-")
    page.locator("#results-delete").click()
    page.locator("#results-yes").click()
    expect(page.locator("#results-session-said")).to_contain_text("Deleted.")
    expect(ready).to_have_count(0)
    assert page.request.get(address).status == 404


def test_the_right_key_opens_though_a_wrong_one_is_being_checked(page: Page) -> None:
    held = Held(page, "results-open")
    open_as_owner(page, "guess")
    held.wait_for_one()
    page.locator("#results-key input").fill(KEY)
    page.locator("#results-open").click()
    held.let_go()
    expect(page.locator("#results-lead")).to_contain_text("Not complete")
    expect(page.locator("#results-said")).not_to_contain_text("not the owner")
    expect(page.locator("#results-sessions table")).to_be_visible()


def test_a_study_that_is_sealed_while_it_is_being_published_is_sealed(page: Page, new_page: NewPage) -> None:
    opened(page).locator("#results-sure input").check()
    held = Held(page, "results-publish", "results-seal")
    page.locator("#results-publish").click()
    held.wait_for_one()
    page.locator("#results-seal").click()
    page.wait_for_timeout(500)
    held.let_go(last_first=True)
    expect(page.locator("#results-said")).to_contain_text("Sealed.")
    page.wait_for_timeout(500)
    expect(page.locator("#results-said")).to_contain_text("Sealed.")
    visitor = new_page()
    visitor.goto(page.url)
    expect(visitor.locator("#results-lead")).to_contain_text("stay sealed")


def test_publishing_twice_is_published_without_a_second_tick(page: Page) -> None:
    opened(page).locator("#results-sure input").check()
    held = Held(page, "results-publish")
    for _ in range(2):
        page.locator("#results-publish").click()
        held.wait_for_one()
    held.let_go()
    expect(page.locator("#results-said")).to_contain_text("Published.")
    page.wait_for_timeout(1000)
    expect(page.locator("#results-said")).to_contain_text("Published.")
