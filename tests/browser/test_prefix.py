"""The whole app below a path prefix, behind a proxy that takes it off: every page, and every address they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.ratings import read_ratings
from tests.browser.compare_page import ComparePage
from tests.browser.conftest import Server
from tests.browser.test_listen import rate_by_keys, to_practice_by_keys
from tests.browser.test_results import PATIENCE_MS, open_as_owner
from tests.listening.conftest import VOICE, make_study
from tests.support.proxy import behind_prefix

PREFIX = "/demo/speech"
KEY = "open sesame"


@dataclass(frozen=True)
class Below:
    """The app below its prefix.

    Attributes:
        url: of its first page, without a slash at the end.
        strays: paths that browsers asked for outside of the prefix.
        server: behind the proxy.
    """

    url: str
    strays: list[str]
    server: Server


@pytest.fixture(scope="module")
def below(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Below]:
    study = tmp_path_factory.mktemp("prefix") / "study"
    prepare(make_study(), VOICE, study)
    server = serve(STUDY_DIR=str(study), OWNER_KEY=KEY, GRADIO_ROOT_PATH=PREFIX)
    with behind_prefix(int(urlsplit(server.url).port or 0), PREFIX) as (url, strays):
        yield Below(url, strays, server)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_sentence_is_spoken_rated_and_revealed(
    below: Below, new_page: Callable[..., Page], slash: str
) -> None:
    page = new_page()
    compare = ComparePage(page, below.url + slash)
    compare.choose("Dynamic INT8")
    compare.say("Below a prefix.")
    compare.speak(1)
    card = compare.cards.first
    card.locator("button.play").click()
    page.wait_for_function("[...document.querySelectorAll('audio')].some((a) => a.duration > 0)")
    with page.expect_download() as download:
        card.locator("a.download").click()
    assert Path(download.value.path()).read_bytes().startswith(b"RIFF")
    assert outside(below) == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_listener_comes_in_and_rates(below: Below, new_page: Callable[..., Page], slash: str) -> None:
    page = new_page()
    page.goto(f"{below.url}/listen{slash}?PROLIFIC_PID=prefix{len(slash)}")
    to_practice_by_keys(page)
    before = len(read_ratings(below.server.data / "ratings").frame)
    rate_by_keys(page, "4")
    assert len(read_ratings(below.server.data / "ratings").frame) == before + 1
    assert outside(below) == []


def test_the_owner_opens_the_results_and_takes_the_ratings_away(
    below: Below, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.goto(f"{below.url}/results/")
    expect(page.locator("#results-lead")).to_contain_text("session", timeout=PATIENCE_MS)
    open_as_owner(page, KEY)
    expect(page.locator("#results-said")).not_to_contain_text("not the owner")
    with page.expect_download(timeout=PATIENCE_MS) as download:
        page.locator("#results-get-ratings").click()
    assert b"rating_id" in Path(download.value.path()).read_bytes()
    assert outside(below) == []


def test_pages_link_to_each_other_below_the_prefix(below: Below, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{below.url}/")
    for name, path in (("Listen", "listen"), ("Results", "results"), ("Compare", "")):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_url(f"**{PREFIX}/{path}*")
    assert outside(below) == []


def outside(below: Below) -> list[str]:
    """What was asked for outside of the prefix, but for the icon that browsers look for by themselves."""
    return [path for path in below.strays if path != "/favicon.ico"]
