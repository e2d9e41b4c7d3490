"""The listening test's own addresses: a page asks, the room answers.

Plain requests instead of Gradio events, for three reasons: a page can send an answer again and again until it
is acknowledged, whatever happened to the server in between; a rating never stands in a queue behind a
synthesis; and clips get an address that is different for every listener and trial. All answers and clips
carry the same headers, so that no header tells one clip from another.

| address | what it does | |---|---| | POST /listening/enter | begin or go on: `{token, visit, parameters,
language}` | | POST /listening/answer | end a step before the test, or a break: `{token, event, told}` | |
POST /listening/rate | rate a trial: `{ticket, rating, heard, plays, response_s}`; answered when the row is on
disk | | GET /listening/clip/NAME | a clip |

A refusal is `{refused, message}` with 403, 409 or 422, and the listener's `view` where the sender is known.
503 with `{preparing: {done, total}}` or `{closed}` while no study is open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.views import RefusedError, View
from speecht5_demo.ui.listen.served_study import ServedStudy

LONGEST_BODY = 16_384
THREADS = 48
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
STATUS = {"not-ours": 403, "not-in-plan": 403, "already-rated": 409, "not-now": 409}
_RANGE = re.compile(r"bytes=(\d{0,9})-(\d{0,9})")


class StudyServer:
    """The routes of a hall."""

    def __init__(self, hall: ServedStudy) -> None:
        self._hall = hall
        self._threads: anyio.CapacityLimiter | None = None
        self.routes = [
            Route("/listening/enter", self._asks(_enter), methods=["POST"]),
            Route("/listening/answer", self._asks(_answer), methods=["POST"]),
            Route("/listening/rate", self._asks(_rate), methods=["POST"]),
            Route("/listening/clip/{name}", self._clip, methods=["GET"]),
        ]

    def _asks(self, act: Callable[[ListeningTest, Mapping[str, Any]], View]) -> Callable[[Request], Any]:
        """A request with a JSON object, answered with a view or a refusal."""

        async def endpoint(request: Request) -> Response:
            room = self._hall.room
            if room is None:
                return self._not_open()
            told = await _json_object(request)
            if told is None:
                return _reply({"refused": "not-readable", "message": "Send one small JSON object."}, 400)
            reply: Response = await self._in_thread(_act, room, act, told)
            return reply

        return endpoint

    async def _clip(self, request: Request) -> Response:
        room = self._hall.room
        if room is None:
            return self._not_open()
        try:
            data = await self._in_thread(room.clip, request.path_params["name"])
        except RefusedError as error:
            return _reply({"refused": error.reason, "message": str(error)}, 404)
        return _audio(data, request.headers.get("range", ""))

    async def _in_thread(self, function: Callable[..., Any], *given: object) -> Any:
        """Threads of our own: those that the models use may all be busy."""
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(function, *given, limiter=self._threads)

    def _not_open(self) -> Response:
        waiting = self._hall.waiting
        if waiting.problem:
            return _reply({"closed": waiting.problem}, 503)
        return _reply({"preparing": {"done": waiting.done, "total": waiting.total}}, 503)


def _enter(room: ListeningTest, told: Mapping[str, Any]) -> View:
    given = told.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    language = told.get("language")
    spoken = language if isinstance(language, str) else ""
    return room.enter(told.get("token"), parameters, spoken, told.get("visit"))


def _answer(room: ListeningTest, told: Mapping[str, Any]) -> View:
    said = told.get("told")
    return room.answer(told.get("token"), told.get("event"), said if isinstance(said, dict) else {})


def _rate(room: ListeningTest, told: Mapping[str, Any]) -> View:
    heard, plays, response_s = told.get("heard"), told.get("plays"), told.get("response_s")
    return room.rate(told.get("ticket"), told.get("rating"), heard, plays, response_s)


def _act(
    room: ListeningTest, act: Callable[[ListeningTest, Mapping[str, Any]], View], told: Mapping[str, Any]
) -> Response:
    try:
        return _reply({"view": act(room, told).as_json()})
    except RefusedError as error:
        listener = room.listener_of(told.get("token") or told.get("ticket"))
        view = {"view": room.view(listener).as_json()} if listener else {}
        return _reply({"refused": error.reason, "message": str(error), **view}, STATUS.get(error.reason, 422))
    except RatingsError as error:
        return _reply({"failed": str(error)}, 507)


async def _json_object(request: Request) -> dict[str, Any] | None:
    """The request's body as an object; None when it is too large or something else."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _reply(document: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(document, status, HEADERS)


def _audio(data: bytes, wanted: str) -> Response:
    """A clip, whole or the range that a player asks for."""
    headers = {**HEADERS, "accept-ranges": "bytes"}
    found = _RANGE.fullmatch(wanted)
    if not found or found.groups() == ("", ""):
        return Response(data, 200, headers, "audio/wav")
    first, last = found.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start > end:
        return Response(b"", 416, {**headers, "content-range": f"bytes */{len(data)}"})
    headers["content-range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], 206, headers, "audio/wav")
