"""All pages in Firefox: spoken, heard, switched by keys, rated, revealed, kept; in the light and in the dark.

One Firefox and one server for all of it; what holds in any browser is tested in Chromium.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.study import Sentence, SessionPlan
from speecht5_demo.ui.compare.fragments import MIME
from tests.browser.compare_page import LONG_WAIT_MS, ComparePage, rows
from tests.browser.conftest import Server
from tests.browser.test_listen import to_first_clip
from tests.browser.test_results import scores_of
from tests.listening.conftest import VOICE, make_study
from tests.support.rated_study import write_ratings

PATIENCE_MS = 90_000
TWO = ("Baseline fp32", "Dynamic INT8")
SENTENCE = "The birch canoe slid on the smooth planks, and nobody on the river saw it go. "
PLAYS = "i => !document.querySelectorAll('.card:not(.waiting) audio')[i].paused"
TIME = "i => document.querySelectorAll('.card:not(.waiting) audio')[i].currentTime"
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The built-in voice, a study of a few noises, and ratings of three visitors."""
    folder, data = tmp_path_factory.mktemp("study"), tmp_path_factory.mktemp("data")
    write_ratings(data / "ratings", "compare", 3, seed=5)
    sentences = tuple(Sentence(f"s{k}", f"Sentence number {k}.") for k in range(2))
    recipe = make_study(sentences=sentences, session=SessionPlan(sentences=1, practice=1, break_after=9))
    prepare(recipe, VOICE, folder)
    return serve(data, STUDY_DIR=str(folder))


@pytest.fixture
def new_page(firefox: Browser) -> Iterator[NewPage]:
    """`new_page(width=360)`: a visitor of their own, on whose page no script may fail."""
    with ExitStack() as visitors:
        failed: list[str] = []

        def open_page(width: int = 1280, height: int = 900) -> Page:
            context = firefox.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
            visitors.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: failed.append(str(error)))
            return page

        yield open_page
        assert failed == []


def is_dark(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('dark')"))


@pytest.mark.parametrize(
    ("width", "query"), [(1280, ""), (360, "?__theme=light")], ids=["dark", "narrow light"]
)
def test_blind_samples_are_heard_rated_kept_over_a_reload_and_revealed(
    server: Server, new_page: NewPage, width: int, query: str
) -> None:
    page = ComparePage(new_page(width), f"{server.url}/{query}")
    assert is_dark(page.page) == (not query)
    text = f"Heard at {width}."
    page.say(text)
    page.choose(*TWO)
    page.repeats(1)
    page.speak(samples=2)
    page.rate(0, 4)
    expect(page.page.locator(".reveal")).to_have_count(0)
    page.page.reload()
    expect(page.cards).to_have_count(2, timeout=LONG_WAIT_MS)
    expect(page.cards.nth(0).locator(".rated")).to_contain_text("You rated it 4")
    expect(page.page.get_by_label("What should it say?")).to_have_value(text)
    page.rate(1, 3)
    expect(page.page.locator(".reveal")).to_contain_text("Dynamic INT8")
    assert sorted(page.cards.locator("h3").all_inner_texts()) == sorted(TWO)
    for picture in page.cards.locator("img:visible").all():
        picture.evaluate("image => image.decode()")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    mine = [row for row in rows(server.data) if row["text"] == text]
    assert [(row["rating"], row["blind"]) for row in mine] == [("4", "true"), ("3", "true")]
    assert all(float(row["heard_fraction"]) > 0 for row in mine)


def test_keys_switch_between_samples_at_the_same_place_and_a_file_is_taken_away(
    server: Server, new_page: NewPage
) -> None:
    page = ComparePage(new_page(), server.url)
    page.say(SENTENCE)
    page.choose(*TWO)
    page.hide_names(False)
    page.repeats(1)
    page.speak(samples=2)
    expect(page.page.locator("#stop")).to_be_hidden(timeout=LONG_WAIT_MS)
    expect(page.page.locator(".card .timeline.drawn")).to_have_count(2)
    page.page.get_by_label("Loop").check()
    page.page.evaluate(
        "document.querySelectorAll('.card audio').forEach(each => { each.playbackRate = 0.25 })"
    )
    page.cards.nth(0).get_by_role("button", name="Play sample A").click()
    page.page.wait_for_function(f"({TIME})(0) > 0.3")
    page.page.keyboard.press("b")
    page.page.wait_for_function(f"({PLAYS})(1) && ({TIME})(1) > 0.3")
    assert not page.page.evaluate(PLAYS, 0)
    page.page.keyboard.press("ArrowRight")
    page.page.wait_for_function(f"({PLAYS})(0) && !({PLAYS})(1)")
    with page.page.expect_download() as taken:
        page.cards.nth(1).locator(".download").click()
    assert taken.value.suggested_filename.endswith(".wav")


def test_a_voice_is_heard_while_the_rest_of_it_is_made(server: Server, new_page: NewPage) -> None:
    page = ComparePage(new_page(), server.url)
    assert page.page.evaluate(f"MediaSource.isTypeSupported('{MIME}')")
    page.say(SENTENCE * 25)
    page.choose_turbo("Turbo fp32")
    page.hide_names(False)
    page.page.locator("#speak").click()
    live = "document.querySelector('.card.live audio')"
    page.page.wait_for_function(f"{live} && {live}.currentTime > 0.1", timeout=LONG_WAIT_MS)
    page.page.locator("#stop").click()
    expect(page.status).to_contain_text("Stopped", timeout=LONG_WAIT_MS)


@pytest.mark.parametrize(
    ("width", "query"), [(360, ""), (1280, "?__theme=light")], ids=["narrow dark", "light"]
)
def test_a_listener_rates_a_clip_of_a_study(
    server: Server, new_page: NewPage, width: int, query: str
) -> None:
    page = new_page(width)
    to_first_clip(page, server.url, query)
    assert is_dark(page) == (not query)
    heading = page.inner_text(".listen h1")
    page.locator("body").press("Space")
    page.wait_for_selector(".listen fieldset.rating:not([disabled])")
    # With no sound card Firefox's clock of audio runs ahead of the server's, which refuses what comes too soon.
    page.wait_for_timeout(600)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator(".listen h1")).not_to_have_text(heading)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("width", "query"), [(360, "?__theme=light"), (1280, "")], ids=["narrow light", "dark"]
)
def test_results_are_drawn_and_taken_away(server: Server, new_page: NewPage, width: int, query: str) -> None:
    page = new_page(width)
    page.goto(f"{server.url}/results{query}")
    expect(page.locator("#results-lead h1")).to_be_visible(timeout=LONG_WAIT_MS)
    assert is_dark(page) == (not query)
    expect(page.locator("svg.chart:visible").first).to_be_visible()
    assert {"baseline", "int8", "pruned"} <= set(scores_of(page))
    with page.expect_download() as taken:
        page.locator("#results-get-json").click()
    assert re.match(r"results-[\d-]+\.json", taken.value.suggested_filename)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
