"""A speaker's file that is brought to the Compare page: the choice that was made last counts, and each is heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.compare_page import ComparePage
from tests.browser.conftest import Server
from tests.browser.held import Held

NewPage = Callable[..., Page]
CHECKED_AT = "**/component_server**"


@pytest.fixture
def page(server: Server, new_page: NewPage) -> ComparePage:
    opened = ComparePage(new_page(), server.url)
    opened.page.get_by_role("button", name="Another voice").click()
    return opened


def vector(path: Path, size: int = 512) -> Path:
    np.save(path, np.random.default_rng(1).normal(size=size).astype(np.float32))
    return path


def said(page: ComparePage) -> Locator:
    return page.page.locator("#upload .upload-said")


def menu(page: ComparePage) -> Locator:
    return page.page.get_by_label("Speaker", exact=True)


def choose_as_a_visitor(page: ComparePage, file: Path) -> None:
    """As the browser's own dialog does: nothing is told where the same file is chosen again."""
    session = page.page.context.new_cdp_session(page.page)
    document = session.send("DOM.getDocument")
    field = session.send(
        "DOM.querySelector", {"nodeId": document["root"]["nodeId"], "selector": "#speaker-file"}
    )
    session.send("DOM.setFileInputFiles", {"files": [str(file)], "nodeId": field["nodeId"]})


def test_a_file_that_was_refused_can_be_chosen_again(page: ComparePage, tmp_path: Path) -> None:
    mended = vector(tmp_path / "mended.npy", size=3)
    choose_as_a_visitor(page, mended)
    expect(said(page)).to_contain_text("512")
    vector(mended)
    choose_as_a_visitor(page, mended)
    expect(said(page)).to_contain_text("mended (uploaded) speaks")


def test_a_file_can_be_chosen_again_when_the_server_did_not_answer(page: ComparePage, tmp_path: Path) -> None:
    good = vector(tmp_path / "good.npy")
    page.page.route(CHECKED_AT, lambda route: route.abort())
    choose_as_a_visitor(page, good)
    expect(said(page)).to_contain_text("Choose the file again.")
    page.page.unroute(CHECKED_AT)
    choose_as_a_visitor(page, good)
    expect(said(page)).to_contain_text("good (uploaded) speaks")


def test_a_late_answer_to_an_earlier_file_says_nothing(page: ComparePage, tmp_path: Path) -> None:
    field = page.page.locator("#speaker-file")
    held = Held(page.page, address=CHECKED_AT)
    field.set_input_files(vector(tmp_path / "short.npy", size=3))
    held.wait_for_one()
    held.hold_no_more()
    field.set_input_files(vector(tmp_path / "good.npy"))
    expect(said(page)).to_contain_text("good (uploaded) speaks")
    with page.page.expect_response(CHECKED_AT):
        held.let_go()
    page.page.wait_for_timeout(500)
    expect(said(page)).to_contain_text("good (uploaded) speaks")
    expect(menu(page)).to_have_value("good (uploaded)")


def test_a_late_answer_does_not_replace_the_speaker_that_was_chosen_since(
    page: ComparePage, tmp_path: Path
) -> None:
    tab = page.page
    field = tab.locator("#speaker-file")
    held = Held(tab, address=CHECKED_AT)
    field.set_input_files(vector(tmp_path / "late.npy"))
    held.wait_for_one()
    menu(page).click()
    tab.get_by_role("option").nth(2).click()
    chosen = menu(page).input_value()
    with tab.expect_response(CHECKED_AT):
        held.let_go()
    tab.wait_for_timeout(500)
    expect(menu(page)).to_have_value(chosen)
    expect(said(page)).to_be_empty()
