"""A first visit is sent little, from this server alone, and a second one next to nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PATIENCE_MS, Server
from tests.support.first_load import FirstLoad, loads

MOST_BYTES = 300_000
"""Compressed, heads of answers included."""
MOST_AGAIN = 60_000
MOST_REQUESTS = 100


@pytest.fixture(scope="module")
def visits(server: Server, chromium: Browser) -> list[FirstLoad]:
    """Two to Compare, the first with an empty cache."""
    return loads(chromium, server.url, "#speak", 2)


@pytest.fixture
def visit(visits: list[FirstLoad]) -> FirstLoad:
    return visits[0]


def test_a_first_visit_is_sent_less_than_300_kilobytes(visit: FirstLoad) -> None:
    largest = sorted(visit.resources, key=lambda one: -one.wire_bytes)[:8]
    assert visit.wire_bytes < MOST_BYTES, [(one.path, one.wire_bytes) for one in largest]
    assert len(visit.resources) < MOST_REQUESTS


def test_a_second_visit_is_sent_the_page_and_hardly_more(visits: list[FirstLoad]) -> None:
    largest = sorted(visits[1].resources, key=lambda one: -one.wire_bytes)[:8]
    assert visits[1].wire_bytes < MOST_AGAIN, [(one.path, one.wire_bytes) for one in largest]


def test_all_of_it_comes_from_this_server_and_once(visit: FirstLoad, server: Server) -> None:
    assert {urlsplit(one.url).netloc for one in visit.resources} == {urlsplit(server.url).netloc}
    files = [one.path for one in visit.resources if one.path.startswith("/assets/")]
    assert len(files) == len(set(files)) > 20


def test_scripts_and_styles_are_compressed_and_kept_by_the_browser(visit: FirstLoad) -> None:
    for one in visit.resources:
        if one.path.endswith((".js", ".css")) or one.path == "/":
            assert one.encoding == "br", one
        if one.path.startswith("/assets/") or one.path == "/theme.css":
            assert "immutable" in one.kept, one


def test_every_file_is_named_in_the_head_of_the_page(
    visit: FirstLoad, server: Server, chromium: Browser
) -> None:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.url)
    named = page.locator("link[rel=modulepreload], link[rel=preload]").evaluate_all(
        "links => links.map(link => new URL(link.href).pathname)"
    )
    context.close()
    asked = {one.path for one in visit.resources if re.match(r"/assets/.*\.(js|css)$", one.path)}
    assert asked - set(named) == set()
