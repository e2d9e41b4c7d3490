"""What a link shows elsewhere, what the hub reads of a Space, and a duplicate of it that sets nothing."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from speecht5_demo.ui.app import PREVIEWS
from speecht5_demo.ui.serving.page_head import PICTURE_ROUTE, PICTURE_SIZE, PageHead
from tests.attack.client import Client
from tests.browser.conftest import running_server

ROOT = Path(__file__).resolve().parents[2]


def _library_page(request: Request) -> HTMLResponse:
    return HTMLResponse(
        '<html><head><meta property="og:title" content="Gradio"><title>Gradio</title></head></html>'
    )


def pages() -> TestClient:
    routes = [*(Route(address or "/", _library_page) for address in PREVIEWS), PICTURE_ROUTE]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(PageHead, previews=PREVIEWS)]))


def metas(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))


def test_every_page_has_a_title_a_sentence_and_a_picture_of_the_size_it_says() -> None:
    client = pages()
    for address, preview in PREVIEWS.items():
        html = client.get(address or "/").text
        told = metas(html)
        assert f"<title>{preview.title}</title>" in html
        assert told["og:title"] == told["twitter:title"] == preview.title
        assert told["og:description"] == preview.description
        assert told["twitter:card"] == "summary_large_image"
        assert told["og:image:alt"]
        assert "Gradio" not in html
        answer = client.get(told["og:image"])
        picture = Image.open(io.BytesIO(answer.content))
        assert answer.headers["content-type"] == "image/png"
        assert picture.size == PICTURE_SIZE
        assert [told["og:image:width"], told["og:image:height"]] == [str(side) for side in PICTURE_SIZE]
        assert len(answer.content) < 300_000


def test_the_picture_has_the_address_that_visitors_know_behind_a_proxy() -> None:
    told = metas(
        pages().get("/", headers={"x-forwarded-proto": "https", "x-forwarded-host": "x.hf.space"}).text
    )
    assert told["og:image"] == "https://x.hf.space/preview.png"
    odd = metas(
        pages().get("/", headers={"x-forwarded-proto": "javascript", "x-forwarded-host": '"><b>'}).text
    )
    assert odd["og:image"].startswith("http://&quot;&gt;&lt;b&gt;")


def card() -> dict[str, Any]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text.split("---")[1])
    return document


def test_the_card_of_the_space_says_what_runs_it() -> None:
    said = card()
    pinned = dict(
        re.findall(
            r"^([\w-]+)==([\w.+]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert said["sdk"] == "gradio"
    assert said["sdk_version"] == pinned["gradio"]
    assert (ROOT / said["app_file"]).is_file()
    assert said["python_version"] == "3.11"
    assert len(said["short_description"]) <= 60, "the hub cuts it there"
    assert {"title", "emoji", "colorFrom", "colorTo", "license", "models", "datasets"} <= set(said)


def test_a_duplicate_of_the_space_serves_its_pages_with_no_variable_set(tmp_path: Path) -> None:
    # SPACE_ID is the hub's own; an empty variable is one that is not set.
    unset = dict.fromkeys(("CHECKPOINT", "PREPARE_STUDY", "STUDY_DIR", "OWNER_KEY", "RATINGS_REPO"), "")
    with running_server(tmp_path, SPACE_ID="somebody/copy", **unset) as server:
        visitor = Client(server.url)
        for address in ("/", "/listen", "/results", "/v1/models"):
            assert visitor.send("GET", address).status == 200, address
        proxied = {"x-forwarded-proto": "https", "x-forwarded-host": "somebody-copy.hf.space"}
        page = visitor.send("GET", "/", headers=proxied).body.decode()
        assert metas(page)["og:image"] == "https://somebody-copy.hf.space/preview.png"
        assert (
            visitor.post(
                "/v1/audio/speech", {"model": "turbo-int8", "voice": "am_michael", "input": "Hello."}
            ).status
            == 200
        )
    assert "Traceback" not in server.log.read_text(errors="replace")
