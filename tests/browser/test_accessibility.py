"""No finding of axe, of any weight: every page, light and dark, from the narrowest phone to a wide screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

NewPage = Callable[..., Page]
READY = {"/": "#speak", "/listen": "#listen h1", "/results": "h1, h2"}
FILLED = {"/": "#sweep .chart-report >> nth=-1", "/listen": "#listen h1", "/results": "h1 >> nth=0"}
"""What comes from the server once everything that folds is open."""
WIDTHS = (320, 768, 1920)
GRADIO = {"minor image-redundant-alt": ['["img[alt=\\"Settings\\"]"]']}
"""The library's own: a picture in the footer that repeats the word beside it."""


def show_whole(page: Page, width: int) -> None:
    """At that width, as high as the page is, so that no bar at the window's end covers anything; nothing moves."""
    page.set_viewport_size({"width": width, "height": 900})
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("document.getAnimations().every(each => each.playState === 'finished')")


def findings(
    page: Page, within: str | None = None, dark: bool = False, contrast: bool = True
) -> dict[str, list[str]]:
    """Rule and weight -> the first places, of the page or of what is `within` a selector.

    In the dark the rules of colours alone: nothing else changes. Without `contrast`, which is most of the work, where
    the same colours were looked at in another width.
    """
    rules: dict[str, Any] = {"runOnly": {"type": "tag", "values": ["cat.color"]}} if dark else {}
    if not contrast:
        rules["rules"] = {"color-contrast": {"enabled": False}}
    answer = Axe().run(page, context=within, options={"resultTypes": ["violations"], **rules}).response
    found: list[dict[str, Any]] = answer["violations"]
    return {
        f"{finding['impact']} {finding['id']}": [json.dumps(node["target"]) for node in finding["nodes"]][:4]
        for finding in found
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("address", READY)
def test_axe_finds_nothing_at_any_width(server: Server, new_page: NewPage, address: str, dark: bool) -> None:
    page = new_page(dark=dark)
    page.goto(server.url + address)
    expect(page.locator(READY[address]).first).to_be_visible(timeout=90_000)
    expect(page.locator(".loading:visible")).to_have_count(0, timeout=90_000)
    page.evaluate(
        "document.querySelectorAll('button.label-wrap:not(.open)').forEach((closed) => closed.click())"
    )
    expect(page.locator(FILLED[address])).to_be_visible(timeout=90_000)
    expect(page.locator(".pending")).to_have_count(0, timeout=90_000)
    told = {}
    widths = (WIDTHS[0], WIDTHS[-1]) if dark else WIDTHS
    for width in widths:
        show_whole(page, width)
        told[width] = findings(page, dark=dark, contrast=width != WIDTHS[1])
    assert told == dict.fromkeys(widths, {} if dark else GRADIO)
