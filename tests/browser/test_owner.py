"""The owner of a Space on the Results page: in by the key or by signing in with the hub, with sessions to decide on."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.compare_page import LONG_WAIT_MS
from tests.browser.test_accessibility import GRADIO, findings, show_whole
from tests.browser.test_results import KEY, make_study, open_as_owner, write_ratings
from tests.support import hub_oauth
from tests.support.hub import LoopbackHub
from tests.support.served_app import served_app

NewPage = Callable[..., Page]
SPACE_HOST = "tester-space.example.org"
STUDY, CASUAL, RATINGS_OF_ONE = 9, 3, 18
"""Listeners; sessions are named by the first eight letters of their ids: study-1- to study-9-."""
SESSIONS = STUDY + CASUAL
ALL, BUT_ONE = (f"{RATINGS_OF_ONE * listeners} blind ratings" for listeners in (STUDY, STUDY - 1))
TABS = 7
WIDTHS = (1280, 320)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Space that people sign in to, with a running study and casual ratings."""
    folder = tmp_path_factory.mktemp("space")
    data = folder / "data"
    make_study(data / "study")
    for number in range(1, STUDY + 1):
        write_ratings(data / "ratings", "study", 1, seed=number)
    write_ratings(data / "ratings", "compare", CASUAL, seed=5)
    with LoopbackHub() as hub:
        hub.signs_in = "tester"
        environment = hub.environment(
            folder / "home", CHECKPOINT="embedded", DATA_DIR=str(data), OWNER_KEY=KEY, PREPARE_STUDY="0",
            SPACE_HOST=SPACE_HOST, **hub_oauth.environment(hub.url),
        )  # fmt: skip
        # A process of its own: Gradio reads what a Space tells it of signing in when it is imported.
        with served_app(folder, environment) as app:
            url = f"http://127.0.0.1:{app.port}"
            hub.reached_at[f"https://{SPACE_HOST}"] = url
            yield url


@pytest.fixture(scope="module")
def opened(space: str, chromium: Browser) -> Iterator[Page]:
    """The page with its owner's part open by the key, and a question asked."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(LONG_WAIT_MS)
    page = context.new_page()
    page.goto(f"{space}/results")
    expect(page.locator("#results-lead h1")).to_be_visible(timeout=LONG_WAIT_MS)
    open_as_owner(page)
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=LONG_WAIT_MS)
    choose_session(page, "study-3-")
    page.locator("#results-delete").click()
    expect(page.locator("#results-question")).to_contain_text("cannot be taken back")
    expect(page.locator("#results-yes")).to_be_visible()
    yield page
    context.close()


def choose_session(page: Page, name: str) -> None:
    expect(page.locator("#results-sessions table")).to_be_visible(timeout=LONG_WAIT_MS)
    page.locator("#results-session input").click()
    page.get_by_role("option").filter(has_text=name).click()


def test_axe_finds_nothing_in_any_part_of_the_owners_page(opened: Page) -> None:
    shown = opened.get_by_role("tab")
    expect(shown).to_have_count(TABS)
    found = {}
    tabs = shown.all_inner_texts()
    for tab in tabs:
        opened.set_viewport_size({"width": 1280, "height": 900})
        expect(shown).to_have_count(TABS)  # those that a phone has no room for come back
        opened.get_by_role("tab", name=tab, exact=True).click()
        expect(opened.locator(".pending")).to_have_count(0)
        for width in WIDTHS:
            for dark in (False, True) if width == WIDTHS[0] else (False,):
                opened.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
                show_whole(opened, width)
                within = None if tab == tabs[0] else "#results-tabs"
                found[tab, width, dark] = findings(opened, within, dark, contrast=width == WIDTHS[0])
            assert opened.evaluate("document.documentElement.scrollWidth") <= width, tab
    assert found == {look: GRADIO if look[0] == tabs[0] and not look[2] else {} for look in found}
    assert len(found) == TABS * (len(WIDTHS) + 1)


def test_an_owner_signs_in_decides_on_sessions_takes_a_backup_and_signs_out(
    space: str, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{space}/results")
    expect(page.locator("#results-lead")).to_contain_text("stay sealed", timeout=LONG_WAIT_MS)
    page.locator("#results-owner button").first.click()
    page.locator("#results-sign-in").click()
    expect(page.locator("#results-lead")).to_contain_text("Not complete", timeout=LONG_WAIT_MS)
    page.locator("#results-owner button").first.click()
    expect(page.locator("#results-sign-in")).to_contain_text("tester")
    rows = page.locator("#results-sessions tbody tr")
    expect(rows).to_have_count(SESSIONS, timeout=LONG_WAIT_MS)
    lead = page.locator("#results-lead")
    expect(lead).to_contain_text(ALL)

    choose_session(page, "study-7-")
    page.locator("#results-set-aside").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why the session is set aside")
    page.locator("#results-session-reason").get_by_role("textbox").fill("the loudspeaker was broken")
    page.locator("#results-set-aside").click()
    expect(page.locator("#results-question")).to_contain_text(f"{RATINGS_OF_ONE} ratings? Its rows stay")
    page.locator("#results-yes").click()
    said = page.locator("#results-session-said").get_by_role("status")
    expect(said).to_have_text("Set aside.")
    mine = rows.filter(has_text="study-7-")
    expect(mine).to_contain_text("the loudspeaker was broken")
    expect(lead).to_contain_text(BUT_ONE)

    choose_session(page, "study-7-")
    page.locator("#results-take-back").click()
    page.locator("#results-yes").click()
    expect(said).to_have_text("Taken back.")
    expect(mine).to_contain_text("counts")
    expect(lead).to_contain_text(ALL)

    choose_session(page, "study-7-")
    page.locator("#results-delete").click()
    expect(page.locator("#results-question")).to_contain_text("cannot be taken back")
    page.locator("#results-yes").click()
    expect(said).to_have_text("Deleted.")
    expect(rows).to_have_count(SESSIONS - 1)
    expect(lead).to_contain_text(BUT_ONE)

    with page.expect_download(timeout=LONG_WAIT_MS) as waiting:
        page.locator("#results-get-backup").click()
    assert sessions_in(Path(waiting.value.path())) == SESSIONS - 1
    page.locator("#results-sign-in").click()
    expect(page.locator("#results-lead")).to_contain_text("stay sealed", timeout=LONG_WAIT_MS)


def sessions_in(backup: Path) -> int:
    """How many sessions have ratings in a backup."""
    found = set()
    with zipfile.ZipFile(backup) as archive:
        for name in archive.namelist():
            if Path(name).name.startswith("ratings-"):
                text = archive.read(name).decode("utf-8-sig")
                found |= {row["session_id"] for row in csv.DictReader(io.StringIO(text)) if row["session_id"]}
    return len(found)
