"""A visitor without a browser: raw HTTP against a running server, with nothing of the page in between."""

from __future__ import annotations

import http.client
import itertools
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One session at one server.

    Args:
        url: of the server.
        source: address on the loopback that it comes from; 127.0.0.0/8 has many.
    """

    def __init__(self, url: str, source: str = "127.0.0.1") -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.source = source
        self.session = secrets.token_hex(6)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            self.host, self.port, timeout=PATIENCE_S, source_address=(self.source, 0)
        )

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = self.connect()
        try:
            sent = {"content-type": "application/json"} if body is not None else {}
            connection.request(method, path, body, {**sent, **(headers or {})})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def post(self, path: str, told: object) -> Answer:
        return self.send("POST", path, json.dumps(told).encode())

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.send("GET", "/config").json
        return config

    def event(self, name: str) -> int:
        return next(int(each["id"]) for each in self.config()["dependencies"] if each["api_name"] == name)

    def run(self, event: int, data: list[Any]) -> Answer:
        told = {"data": data, "fn_index": event, "session_hash": self.session}
        return self.post("/gradio_api/run/predict", told)

    def join(self, event: int, data: list[Any]) -> Answer:
        told = {"data": data, "fn_index": event, "session_hash": self.session}
        return self.post("/gradio_api/queue/join", told)

    def stream(self) -> Iterator[dict[str, Any]]:
        """Messages of the queue for this session."""
        connection = self.connect()
        try:
            connection.request("GET", f"/gradio_api/queue/data?session_hash={self.session}")
            answer = connection.getresponse()
            for line in answer:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        finally:
            connection.close()

    @contextmanager
    def present(self) -> Iterator[None]:
        """As a page that is open: a heartbeat inside the block."""
        connection = self.connect()
        connection.request("GET", f"/gradio_api/heartbeat/{self.session}")
        answer = connection.getresponse()
        answer.fp.readline()
        try:
            yield
        finally:
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
            answer.close()
            connection.close()


def start_inputs(text: str, variants: list[str], **changed: Any) -> list[Any]:
    """What the page sends when Speak is pressed."""
    inputs: dict[str, Any] = {
        "text": text, "speaker": "am_michael", "blend_with": "", "upload": None, "share": 50, "seed": 0,
        "variants": variants, "own": False, "amount": 60, "int8": False, "include": "*", "exclude": "", "repeats": 1,
        "blind": True, "pairs": False, "listener": "",
    }  # fmt: skip
    return list({**inputs, **changed}.values())


class PageVisitor(Client):
    """Who presses Speak and listens, as the page does."""

    def __init__(self, url: str, source: str = "127.0.0.1") -> None:
        super().__init__(url, source)
        events = {each["api_name"]: int(each["id"]) for each in self.config()["dependencies"]}
        self.start, self.follow = events["start"], events["follow"]
        self.board = next(
            int(each["id"]) for each in self.config()["components"] if each["props"].get("elem_id") == "board"
        )

    def press(self, text: str, variants: list[str], **changed: Any) -> dict[str, Any]:
        """The first snapshot."""
        answer = self.run(self.start, start_inputs(text, variants, **changed))
        if answer.status == 429:
            return {"run": None, "problem": answer.json["detail"]}
        view: dict[str, Any] = answer.json["data"][0]
        return view

    def speak(self, text: str, variants: list[str], **changed: Any) -> tuple[float | None, dict[str, Any]]:
        """Seconds to the first sample, None where it was refused; and the last snapshot."""
        begun = time.monotonic()
        with self.present():
            view = self.press(text, variants, **changed)
            if view.get("run") is None:
                return None, view
            self.join(self.follow, [None])
            first, raw = None, None
            for message in self.stream():
                output = (message.get("output") or {}).get("data") or [None]
                raw = _patched(raw, output[0])
                view = raw if isinstance(raw, dict) and "cards" in raw else view
                if first is None and view.get("cards"):
                    first = time.monotonic() - begun
                if message["msg"] == "process_completed":
                    break
            return first, view

    def rate(self, ticket: str, rating: object) -> dict[str, Any]:
        told = {
            "data": {"ticket": ticket, "rating": rating, "plays": 1, "heard_fraction": 1.0},
            "component_id": self.board, "fn_name": "rate", "session_hash": self.session,
        }  # fmt: skip
        answer: dict[str, Any] = self.post("/gradio_api/component_server/", told).json
        return answer


def _patched(document: Any, told: Any) -> Any:
    """Gradio sends a whole value first and then what changed: `[[action, path, value], ...]`."""
    if not isinstance(told, list):
        return document if told is None else told
    document = json.loads(json.dumps(document))
    for action, path, value in told:
        if not path:
            document = value
            continue
        place = document
        for key in path[:-1]:
            place = place[key]
        key = path[-1]
        if action == "append":
            place[key] += value
        elif action == "delete":
            del place[key]
        elif action == "add" and isinstance(place, list):
            place.insert(key, value)
        else:
            place[key] = value
    return document


def at_once(*works: Any) -> list[Any]:
    """Run functions side by side; their results in order."""
    results: dict[int, Any] = {}
    counter = itertools.count()

    def note(number: int, work: Any) -> None:
        results[number] = work()

    threads = [threading.Thread(target=note, args=(next(counter), work)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(works))]
