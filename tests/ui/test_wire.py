"""What goes over the wire is small and is sent once: pages, and the library's scripts and styles."""

from __future__ import annotations

import gzip
from typing import Any

import brotli
import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from speecht5_demo.ui.app import PREVIEWS
from speecht5_demo.ui.serving.assets import ASSETS, FOLDER, FOREVER, names, theme_route
from speecht5_demo.ui.serving.packing import accepted
from speecht5_demo.ui.serving.page_files import page_files
from speecht5_demo.ui.serving.page_head import PageHead

PAGE = f"<html><head></head><body>{'A sentence that stands here often. ' * 200}</body></html>"


def client(*routes: Route) -> TestClient:
    """A client that sees bodies as they are sent."""
    home = Route("/", lambda request: HTMLResponse(PAGE))
    middleware = [Middleware(PageHead, previews={"": PREVIEWS[""]})]
    return TestClient(Starlette(routes=[home, *routes], middleware=middleware))


def sent(answer: Any) -> bytes:
    """The body over the wire."""
    return b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.1, gzip", "br"),
        ("gzip;q=0.5, br;q=0", "gzip"),
        ("BR", "br"),
        ("deflate, identity", ""),
        ("gzip; q=0", ""),
        ("", ""),
        ("," * 5_000, ""),
    ],
)
def test_the_smallest_encoding_that_a_browser_reads_is_chosen(given: str, chosen: str) -> None:
    assert accepted({"accept-encoding": given}) == chosen


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_a_page_is_compressed_and_says_what_it_depends_on(encoding: str) -> None:
    with client().stream("GET", "/", headers={"accept-encoding": encoding}) as answer:
        body = sent(answer)
    read = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}[encoding]
    assert PAGE[-500:] in read(body).decode()
    assert (len(body) < 3_000) is (encoding != "identity")
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert int(answer.headers["content-length"]) == len(body)
    assert answer.headers["vary"] == "accept-language, accept-encoding"


@pytest.mark.parametrize("encoding", ["br", "gzip", ""])
def test_a_script_is_sent_compressed_and_kept_for_a_year(encoding: str) -> None:
    name = next(name for name in sorted(names()) if name.startswith("core-") and name.endswith(".js"))
    with client(ASSETS).stream("GET", f"/assets/{name}", headers={"accept-encoding": encoding}) as answer:
        body = sent(answer)
    whole = (FOLDER / name).read_bytes()
    read = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    assert read(body) == whole
    assert (len(body) < len(whole) / 2) is bool(encoding)
    assert answer.headers["cache-control"] == FOREVER
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["no-such-file-12345678.js", "..%2findex.html", "%2e%2e/index.html", "."])
def test_nothing_but_the_librarys_files_is_an_asset(name: str) -> None:
    assert client(ASSETS).get(f"/assets/{name}").status_code == 404


def test_a_theme_is_kept_for_as_long_as_pages_ask_for_that_one() -> None:
    styles = client(theme_route(lambda: ("body { color: teal }" * 50, "abc")))
    answers = [styles.get(f"/theme.css{query}") for query in ("?v=abc", "?v=other", "")]
    assert [answer.text for answer in answers] == ["body { color: teal }" * 50] * 3
    assert [answer.headers["cache-control"] for answer in answers] == [FOREVER, "no-cache", "no-cache"]


def test_the_files_of_a_page_are_known_before_it_asks() -> None:
    with gr.Blocks() as page:
        gr.Textbox()
        gr.HTML("")
    kinds = frozenset(block.get_block_name() for block in page.blocks.values())
    named = page_files(kinds, "de")
    assert len(named) > 20
    assert set(named) <= names()
    assert any(name.startswith("HTML-") for name in named)
    assert any(name.startswith("de-") for name in named)
    assert len(page_files(frozenset())) < len(named)
