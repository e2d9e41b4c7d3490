"""How quickly one address may ask, before anything is worked out for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from speecht5_demo.ui.results.downloads import Downloads, MadeFile
from speecht5_demo.ui.serving import rates
from speecht5_demo.ui.serving.guard import Event, Guard, Surface
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.serving.rates import EventRates, Rate
from speecht5_demo.ui.serving.visitor import address_of, sender_of


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TestClient:
    """A guard before an event that answers with what it got; few are allowed, and none come back."""
    monkeypatch.setattr(rates, "EVENTS", Rate(8, 1e-6))
    monkeypatch.setattr(rates, "NEW_SESSIONS", Rate(3, 1e-6))
    monkeypatch.setenv("TRUST_PROXY", "1")

    async def run(request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    app = Starlette(routes=[Route("/gradio_api/run/predict", run, methods=["POST"])])
    return TestClient(Guard(app, Surface(Presence(), events={1: Event(0, queued=False)})))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("de-AT,de;q=0.9", "Aus diesem Netz wird sehr viel verlangt."), ("en", "Very much is asked for")],
)
def test_a_page_shows_the_refusal_in_its_language(client: TestClient, language: str, sentence: str) -> None:
    told = {"data": [], "fn_index": 1, "session_hash": "mine"}
    answers = [
        client.post("/gradio_api/run/predict", json=told, headers={"accept-language": language})
        for _ in range(9)
    ]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429]
    assert answers[-1].json()["detail"].startswith(sentence)
    large = client.post(
        "/gradio_api/run/predict",
        json={**told, "data": ["x" * 100_000]},
        headers={"accept-language": language},
    )
    assert large.status_code == 413
    assert ("höchstens" in large.json()["detail"]) is language.startswith("de")


def post(client: TestClient, session: str, address: str = "8.8.8.8") -> int:
    told = {"data": [], "fn_index": 1, "session_hash": session}
    answer = client.post("/gradio_api/run/predict", json=told, headers={"x-forwarded-for": address})
    if answer.status_code != 200:
        assert "Try again in about" in json.loads(answer.content)["detail"]
    return answer.status_code


def test_one_address_invents_few_sessions_and_goes_on_with_those_it_has(client: TestClient) -> None:
    assert [post(client, f"s{number}") for number in range(5)] == [200, 200, 200, 429, 429]
    assert post(client, "s1") == 200
    assert post(client, "new", "9.9.9.9") == 200, "somebody else is not kept away"


def test_one_address_sends_so_many_events(client: TestClient) -> None:
    assert [post(client, "one") for _ in range(10)] == [200] * 8 + [429] * 2
    assert post(client, "one", "9.9.9.9") == 200


def test_a_classroom_opens_the_pages_at_once() -> None:
    limits = EventRates()
    waits = [limits.wait_s("school", f"pupil-{pupil}") for _ in range(4) for pupil in range(40)]
    assert waits == [0.0] * 160


@pytest.mark.parametrize("mine", [(), ("9.9.9.9",), ("9.9.9.9", "1.1.1.1, 2.2.2.2")])
def test_a_visitor_cannot_choose_the_address_whatever_lines_a_proxy_adds(
    monkeypatch: pytest.MonkeyPatch, mine: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TRUST_PROXY", "1")

    async def tell(request: Request) -> JSONResponse:
        of_an_event = address_of(None, dict(request.headers))  # as Gradio's queue keeps them
        return JSONResponse([sender_of(request), of_an_event])

    route = Route("/tell", tell)
    client = TestClient(Guard(Starlette(routes=[route]), Surface(Presence(), routes=[route])))
    lines = [("x-forwarded-for", line) for line in (*mine, "8.8.8.8")]
    assert client.get("/tell", headers=lines).json() == ["8.8.8.8", "8.8.8.8"]


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_who_has_a_network_of_addresses_is_one_visitor(peer: str | None, counted: str) -> None:
    assert address_of(peer, {}) == counted


def test_nobody_pushes_out_a_file_that_somebody_else_asked_for() -> None:
    downloads = Downloads()
    client = TestClient(Starlette(routes=downloads.routes))
    mine = downloads.keep(MadeFile("mine.csv", b"mine", "text/csv"), "here")
    flood = [downloads.keep(MadeFile("f.csv", b"f", "text/csv"), "elsewhere") for _ in range(50)]
    assert client.get(f"/{mine}").content == b"mine"
    assert [client.get(f"/{each}").status_code for each in flood[-3:]] == [200] * 3
    assert client.get(f"/{flood[0]}").status_code == 404
