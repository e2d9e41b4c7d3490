"""The app below a path prefix behind nginx, which takes the prefix off or leaves it on."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from speecht5_demo.listening.preparation import prepare
from tests.listening.conftest import VOICE, make_study, one_by_one, say
from tests.support.ports import free_port
from tests.support.published import save_tiny_checkpoint
from tests.support.served_app import served_app, until

PREFIX, KEY = "/demo/speech", "a key of nineteen letters"
HEADERS = """proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Host $http_host;
proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-For $remote_addr;
proxy_buffering off; proxy_http_version 1.1;"""
TO_APP = f"proxy_pass http://127.0.0.1:APP; {HEADERS}"
KINDS = {
    "taken off": f"location {PREFIX} {{ rewrite ^{PREFIX}/?(.*)$ /$1 break; {TO_APP} }}",
    "left on": f"location {PREFIX} {{ {TO_APP} }}",
}


@dataclass(frozen=True)
class Below:
    """The app behind one kind of proxy."""

    port: int

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, str, bytes]:
        """Status, kind and content of what is at a path below the prefix."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"content-type": "application/json"}
            line.request(method, PREFIX + path, None if body is None else json.dumps(body), headers)
            reply = line.getresponse()
            return reply.status, reply.getheader("content-type", ""), reply.read()
        finally:
            line.close()

    def event(self, target: str) -> dict[str, Any]:
        """The event of a component by its elem_id."""
        config = json.loads(self.ask("GET", "/config")[2])
        number = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == target)
        return next(
            one for one in config["dependencies"]
            if one["backend_fn"] and any(number == source for source, _ in one["targets"])
        )  # fmt: skip


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    folder = tmp_path_factory.mktemp("prefix")
    save_tiny_checkpoint(folder / "voice")
    prepare(
        make_study(),
        replace(VOICE, speak=one_by_one(lambda *line: say(*line, seconds=0.05))),
        folder / "study",
    )
    environment = {
        **os.environ,
        "CHECKPOINT": str(folder / "voice"), "DATA_DIR": str(folder / "data"), "STUDY_DIR": str(folder / "study"),
        "OWNER_KEY": KEY, "GRADIO_ROOT_PATH": PREFIX, "TRUST_PROXY": "1",
    }  # fmt: skip
    found = {kind: free_port() for kind in KINDS}
    with served_app(folder, environment) as app:
        until(lambda: app.health()["status"] == "ready", what="the server's readiness")
        servers = "".join(
            f"server {{ listen 127.0.0.1:{found[kind]}; {told.replace('APP', str(app.port))} }}"
            for kind, told in KINDS.items()
        )
        conf = folder / "nginx.conf"
        temporary = " ".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        conf.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}} "
            f"http {{ access_log off; {temporary} {servers} }}"
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        process = subprocess.Popen(
            [program, "-p", str(folder), "-e", str(folder / "errors"), "-c", str(conf)]
        )
        try:
            until(lambda: answered(found["left on"]), what="nginx")
            yield found
        finally:
            process.terminate()
            process.wait(timeout=20)


def answered(port: int) -> bool:
    try:
        return Below(port).ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


@pytest.fixture(params=KINDS)
def below(request: pytest.FixtureRequest, ports: dict[str, int]) -> Below:
    return Below(ports[request.param])


@pytest.mark.parametrize("path", ["", "/", "/listen", "/listen/", "/results", "/results/"])
def test_every_page_and_what_it_loads_is_found_below_the_prefix(below: Below, path: str) -> None:
    status, kind, page = below.ask("GET", path)
    assert (status, kind.split(";")[0]) == (200, "text/html")
    base = re.search(rb'<base href="([^"]*)"', page)
    assert base is not None
    assert base[1].decode() == f"{PREFIX}/"
    loaded = re.findall(rb'(?:src|href)="\./(assets/[^"]+)"', page)
    assert loaded
    for one in loaded[:3]:
        assert below.ask("GET", f"/{one.decode()}")[0] == 200
    root = re.search(rb'"root":"([^"]*)"', page)
    assert root is not None
    assert root[1].decode().endswith(PREFIX)


def test_events_through_the_queue_stream_their_answers(below: Below) -> None:
    told = below.event("text")
    session = f"tab{below.port}"
    data = ["A sentence."] + [None] * (len(told["inputs"]) - 1)
    body = {"data": data, "fn_index": told["id"], "session_hash": session}
    if told["queue"] is False:
        status, _, content = below.ask("POST", "/gradio_api/run/predict", body)
        assert status == 200, content
        return
    assert below.ask("POST", "/gradio_api/queue/join", body)[0] == 200
    status, kind, stream = below.ask("GET", f"/gradio_api/queue/data?session_hash={session}")
    assert (status, kind.split(";")[0]) == (200, "text/event-stream")
    assert b"process_completed" in stream


def test_a_listener_comes_in_and_fetches_a_clip(below: Below) -> None:
    status, _, content = below.ask("POST", "/listening/enter", {"visit": str(below.port), "parameters": {}})
    assert status == 200
    view = json.loads(content)["view"]
    answers = {"language": "en", "device": "computer", "headphones": "headphones", "result": "6/6"}
    while view["step"] not in ("practice", "trial"):
        sent = {"token": view["token"], "event": view["step"], "answers": answers}
        view = json.loads(below.ask("POST", "/listening/answer", sent)[2])["view"]
    status, kind, clip = below.ask("GET", f"/listening/clip/{view['clips'][0]}")
    assert (status, kind, clip[:4]) == (200, "audio/wav", b"RIFF")


def test_the_owner_takes_a_file_away(below: Below) -> None:
    told = below.event("results-get-json")
    body = {"data": [KEY], "fn_index": told["id"], "session_hash": "owner"}
    (link,) = json.loads(below.ask("POST", "/gradio_api/run/predict", body)[2])["data"]
    address = link.split('href="')[1].split('"')[0]
    assert not address.startswith("/"), "found by the page's base"
    status, kind, content = below.ask("GET", f"/{address}")
    assert (status, kind) == (200, "application/json")
    assert json.loads(content)


def test_programs_speak_below_the_prefix_and_nothing_is_served_beside_it(below: Below) -> None:
    status, _, content = below.ask("POST", "/v1/audio/speech", {"input": "Hello.", "model": "baseline"})
    assert status in (200, 400), content
    assert below.ask("GET", "/v1/models")[0] == 200
