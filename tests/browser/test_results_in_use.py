"""The Results page while it is in use, in a real browser: what comes in or is asked meanwhile takes nothing away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.test_results import KEY, make_study, open_as_owner, visit, write_ratings

NewPage = Callable[..., Page]
LISTENERS, VARIANTS = 9, 3
WATCH = """players => players.map(player => {
    player.told = [];
    for (const name of ['emptied', 'pause']) player.addEventListener(name, () => player.told.push(name));
})"""
TOLD = "players => players.map(player => player.told)"


@pytest.fixture
def deployment(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    data = tmp_path_factory.mktemp("in-use")
    make_study(data / "study")
    write_ratings(data / "ratings", "study", LISTENERS, seed=1)
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
    expect(row).to_contain_text(str(LISTENERS))
    players = drill.locator("audio")
    players.evaluate_all(WATCH)
    write_ratings(deployment.data / "ratings", "study", 1, seed=2)
    expect(page.locator("#results-lead")).to_contain_text(f"{(LISTENERS + 1) * 18} blind ratings")
    expect(row).to_contain_text(str(LISTENERS + 1))
    expect(page.locator("#results-sentence input")).to_have_value("Sentence number 3.")
    assert players.evaluate_all(TOLD) == [[]] * VARIANTS


def test_a_sentence_that_is_sealed_closes(page: Page) -> None:
    drill = open_sentence(opened(page), 3)
    page.locator("#results-key input").fill("")
    page.locator("#results-open").click()
    expect(drill).not_to_contain_text("Sentence number 3.")
    expect(page.locator("#results-sentence input")).to_have_value("")
