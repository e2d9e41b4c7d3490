"""Nonsense of every kind that a server can be sent."""

from __future__ import annotations

import json
import random
import string
from typing import Any

from tests.attack.client import Answer, Client

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3.5, 10**400, -(10**30), 1e308, "", "a", "../../etc/passwd", "\ud800", "\x00", "=1+1",
    "½" * 500, "<script>", "🎲" * 50, [], {}, [[]], {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"__proto__": {"rating": 5}, "constructor": 1}, "a\nb\r\nrefused 200", "\x1b[31m", "\u202e", 2**53,
    ["int8"], ["int8", None, 3], [["int8"]], {"ticket": "x", "rating": 3}, {"ticket": ["a"]}, "NaN", -0.0,
)  # fmt: skip
_RAW = (
    b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"data": NaN}', b'{"data": [Infinity]}', b"[" * 50_000, b"0" * 90_000,
    b'{"data": ' + b"[" * 3_000 + b"]" * 3_000 + b"}", b'{"data": [' + b"9" * 5_000 + b"]}", b'"\\ud800"',
)  # fmt: skip
_ROUTES = (
    "/", "/listen", "/results", "/config", "/gradio_api/info", "/gradio_api/queue/data", "/gradio_api/heartbeat/",
    "/gradio_api/file=", "/compare/clip/", "/compare/live/", "/compare/sweep/0/", "/results/file/", "/listening/clip/",
    "/assets/", "/static/", "/svelte/", "/gradio_api/call/compare/", "/theme.css", "/gradio_api/custom_component/",
    "/gradio_api/stream/", "/gradio_api/openapi.json", "/compare/bundle/", "/v1/audio/voices", "/v1/models", "/mcp",
    "/listening/enter", "/listening/", "/robots.txt", "/healthz", "/metrics", "//", "/results/", "/listen/",
)  # fmt: skip
_POSTS = (
    "/gradio_api/run/predict", "/gradio_api/queue/join", "/gradio_api/component_server/", "/gradio_api/cancel",
    "/gradio_api/call/compare", "/gradio_api/upload", "/gradio_api/reset", "/listening/enter", "/listening/answer",
    "/listening/rate", "/login", "/gradio_api/process_recording", "/v1/audio/speech", "/mcp",
)  # fmt: skip


_TAILS = (
    "", "x", "..%2f..%2fetc%2fpasswd", "%00", "0/../../x", "a" * 300, "?session_hash=x", "?a=%ff", "%ed%a0%80",
    "/etc/passwd", "//", "%2e%2e/", "?" + "a=b&" * 60, ";x", "\\..\\x",
)  # fmt: skip
_METHODS = ("GET", "GET", "GET", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO")
_HEADERS = (
    {"content-type": "text/plain"}, {"content-type": "multipart/form-data; boundary=x"}, {"content-type": ""},
    {"range": "bytes=-"}, {"range": "bytes=5-2"}, {"range": "bytes=0-0,1-1"}, {"range": "bytes=99999999999-"},
    {"x-forwarded-for": "1.2.3.4, =1+1"}, {"x-forwarded-host": "evil.example"}, {"x-forwarded-proto": "javascript"},
    {"host": "evil.example"}, {"host": ""}, {"cookie": "a=" + "b" * 3000}, {"cookie": "access-token=%00;;=;"},
    {"authorization": "Bearer x"}, {"accept-encoding": "br;q=nan"}, {"accept-language": "xx-" + "y" * 200},
    {"if-none-match": "*"}, {"if-modified-since": "never"}, {"expect": "100-continue"}, {"upgrade": "websocket"},
    {"connection": "upgrade", "upgrade": "websocket"}, {"origin": "null"}, {"user-agent": "\u00e9"},
    {"x-gradio-user": "app"}, {"referer": "http://evil.example/%0d%0aset-cookie:a=b"}, {"content-encoding": "gzip"},
)  # fmt: skip
_STEPS = ("consent", "about", "level", "headphone-check", "break", "end", "start", "trial", "")


def is_fault(path: str, answer: Answer) -> bool:
    """Whether an answer is none that is documented: of those from 500 on, three are, each with its reason.

    The health of a server that loads its voice, a listening test that is not open yet, and Gradio's queue that is full.
    """
    if answer.status < 500:
        return False
    try:
        told = answer.json
    except ValueError:
        return True
    if answer.status != 503 or not isinstance(told, dict):
        return True
    if path.startswith("/healthz"):
        return told.get("status") != "loading" or not told.get("reasons")
    if path.startswith("/listening/"):
        return not {"preparing", "closed"} & set(told)
    return not (path.startswith("/gradio_api/") and "Queue is full" in str(told.get("detail")))


class Fuzzer:
    """Requests of every kind for one server.

    Args:
        client: with which a few sessions of the listening test are begun, for requests that are nearly right.
    """

    def __init__(self, client: Client) -> None:
        self.config = client.config()
        self.words: list[Any] = []
        self.clips: list[str] = []
        for number in range(3):
            self._begin(client, f"fuzzed {number}")

    def _begin(self, client: Client, visit: str) -> None:
        """One session, up to its first clip."""
        view = client.post("/listening/enter", {"visit": visit, "parameters": {}}).json["view"]
        answers = {"device": "phone", "headphones": "earphones", "result": "5/6", "language": "en"}
        while view["step"] in ("consent", "about", "level", "headphone-check"):
            told = {"token": view["token"], "event": view["step"], "answers": answers}
            view = client.post("/listening/answer", told).json["view"]
        self.words += [view["token"], view["ticket"], *view["clips"], *view["upcoming"]]
        self.clips += view["clips"]

    def request(self, chance: random.Random) -> tuple[str, str, bytes | None, dict[str, str]]:
        """Method, address, body and headers."""
        headers = dict(chance.choice(_HEADERS)) if chance.random() < 0.3 else {}
        if chance.random() < 0.35:
            return chance.choice(_METHODS), self._path(chance), None, headers
        path, body = self._body(chance)
        return ("POST" if chance.random() < 0.97 else chance.choice(_METHODS)), path, body, headers

    def _path(self, chance: random.Random) -> str:
        if chance.random() < 0.1:
            return f"/listening/clip/{chance.choice(self.clips)}"
        path = chance.choice(_ROUTES)
        # A heartbeat is a stream that stays open: only names that are refused.
        return path + (chance.choice(_TAILS) if "heartbeat" not in path else "%00")

    def _body(self, chance: random.Random) -> tuple[str, bytes]:
        path = chance.choice(_POSTS)
        if path.startswith("/listening/") and chance.random() < 0.9:
            return path, json.dumps(self._listening(chance)).encode()
        return self._event(chance, path)

    def _listening(self, chance: random.Random) -> dict[str, Any]:
        """What the Listen page sends, with some of it right."""

        def one(right: Any) -> Any:
            return right if chance.random() < 0.7 else _anything(chance)

        told: dict[str, Any] = {
            "token": one(chance.choice(self.words)), "ticket": one(chance.choice(self.words)),
            "visit": one(_word(chance)), "event": one(chance.choice(_STEPS)), "rating": one(chance.randrange(-1, 8)),
            "heard": one(chance.random()), "plays": one(chance.randrange(3)), "response_s": one(chance.random() * 9),
            "receipts": one([chance.choice(self.words), _anything(chance)]),
            "answers": one({name: _anything(chance) for name in ("device", "headphones", "result", "parameters")}),
            "parameters": one({
                chance.choice(("PROLIFIC_PID", "workerId", "assignmentId", "signature", "__proto__")): _anything(chance)
                for _ in range(3)
            }),
        }  # fmt: skip
        return {name: value for name, value in told.items() if chance.random() < 0.9}

    def _event(self, chance: random.Random, path: str) -> tuple[str, bytes]:
        config = self.config
        kind = chance.random()
        if kind < 0.15:
            return path, chance.choice(_RAW)
        if kind < 0.3:
            return path, json.dumps(_anything(chance)).encode()
        event = chance.choice(config["dependencies"])
        wanted = len(event["inputs"]) if chance.random() < 0.9 else chance.randrange(20)
        told: dict[str, Any] = {
            "data": [_anything(chance) for _ in range(wanted)],
            "fn_index": event["id"] if chance.random() < 0.9 else _anything(chance),
            "session_hash": _word(chance) if chance.random() < 0.9 else _anything(chance),
            "component_id": chance.choice(config["components"])["id"] if chance.random() < 0.8 else _anything(chance),
            "fn_name": chance.choice(("rate", "check", "__class__", "preprocess", 3)),
            "event_data": _anything(chance),
            "trigger_id": _anything(chance),
            "batched": _anything(chance),
        }  # fmt: skip
        for board in config["components"]:
            if board["props"].get("elem_id") in ("board", "upload") and chance.random() < 0.3:
                told["component_id"], told["data"] = board["id"], _anything(chance)
        for name in list(told):
            if chance.random() < 0.04:
                del told[name]
        return path, json.dumps(told).encode()


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=8))


def _anything(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.random()
    if depth > 3 or kind < 0.8:
        return chance.choice(_VALUES)
    if kind < 0.9:
        return [_anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {str(_anything(chance, 9))[:20]: _anything(chance, depth + 1) for _ in range(chance.randrange(4))}
