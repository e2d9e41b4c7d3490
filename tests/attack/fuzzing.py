"""Nonsense of every kind that a server can be sent."""

from __future__ import annotations

import json
import random
import string
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3.5, 10**400, -(10**30), 1e308, "", "a", "../../etc/passwd", "\ud800", "\x00", "=1+1",
    "½" * 500, "<script>", "🎲" * 50, [], {}, [[]], {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
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
    "/gradio_api/stream/", "/gradio_api/openapi.json",
)  # fmt: skip
_POSTS = (
    "/gradio_api/run/predict", "/gradio_api/queue/join", "/gradio_api/component_server/", "/gradio_api/cancel",
    "/gradio_api/call/compare", "/gradio_api/upload", "/gradio_api/reset", "/listening/enter", "/listening/answer",
    "/listening/rate", "/login", "/gradio_api/process_recording",
)  # fmt: skip


def paths(chance: random.Random) -> str:
    """An address to read."""
    tail = chance.choice(
        (
            "",
            "x",
            "..%2f..%2fetc%2fpasswd",
            "%00",
            "0/../../x",
            "a" * 300,
            "?session_hash=x",
            "?a=%ff",
            "%ed%a0%80",
            "/etc/passwd",
        )
    )
    path = chance.choice(_ROUTES)
    # A heartbeat is a stream that stays open: only names that are refused.
    return path + (tail if "heartbeat" not in path else "%00")


def bodies(chance: random.Random, config: dict[str, Any]) -> tuple[str, bytes]:
    """An address to post to, and what to post."""
    path = chance.choice(_POSTS)
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
