"""The listening test's own addresses: a page asks, the open test answers.

Plain requests instead of Gradio events, for three reasons: a page can send an answer again and again until it
is acknowledged, whatever happened to the server in between; a rating never stands in a queue behind a
synthesis; and clips get an address that is different for every listener and trial. All answers and clips
carry the same headers, so that no header tells one clip from another.

| address                  | what it does                                                              |
|--------------------------|---------------------------------------------------------------------------|
| POST /listening/enter    | begin or go on: `{token, visit, parameters, language}`                    |
| POST /listening/answer   | end a step before the test, or a break: `{token, event, answers}`         |
| POST /listening/rate     | rate a trial: `{ticket, rating, heard, plays, response_s, receipts}`;     |
|                          | answered when the row is on disk                                          |
| GET /listening/clip/NAME | a clip; its last bytes are a receipt that goes with the rating            |

A refusal is `{refused, message}` with a status of 400 to 429, and the listener's `view` where the sender is known.
503 with `{preparing: {done, total}}` or `{closed}` while no study is open.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.listening_test import ListeningTest
from speecht5_demo.listening.views import RefusedError, View
from speecht5_demo.ui.listen.served_study import ServedStudy
from speecht5_demo.ui.serving.visitor import sender_of

log = logging.getLogger(__name__)

Act = Callable[[ListeningTest, Mapping[str, object], str], View]
LONGEST_BODY = 16_384
BODY_LIMIT_S = 20.0
"""Seconds that a body may take to arrive."""
THREADS = 48
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
STATUS = {
    **dict.fromkeys(
        ("not-ours", "not-in-plan", "not-yours", "other-id", "preview", "not-signed", "no-id"), 403
    ),
    **dict.fromkeys(("already-rated", "not-now"), 409),
    "busy": 429,
    **dict.fromkeys(("gone", "deleted"), 410),
}
WITHOUT_VIEW = ("not-yours", "other-id", "placeholder", "not-signed", "no-id", "preview", "deleted")
"""Refusals that say nothing of the session whose token happened to lie in the browser."""
_RANGE = re.compile(r"bytes=(\d{0,9})-(\d{0,9})")


class StudyServer:
    """The routes of a served study."""

    def __init__(self, served: ServedStudy) -> None:
        self.served = served
        self._threads: anyio.CapacityLimiter | None = None
        self.routes = [
            Route("/listening/enter", self._asks(_enter), methods=["POST"]),
            Route("/listening/answer", self._asks(_answer), methods=["POST"]),
            Route("/listening/rate", self._asks(_rate), methods=["POST"]),
            Route("/listening/clip/{name}", self._clip, methods=["GET"]),
        ]

    def _asks(self, act: Act) -> Callable[[Request], Any]:
        """A request with a JSON object, answered with a view or a refusal."""

        async def endpoint(request: Request) -> Response:
            test = self.served.test
            if test is None:
                return self._not_open()
            sent = await _json_object(request)
            if isinstance(sent, Response):
                return sent
            reply: Response = await self._in_thread(_act, test, act, sent, sender_of(request))
            return reply

        return endpoint

    async def _clip(self, request: Request) -> Response:
        test = self.served.test
        if test is None:
            return self._not_open()
        try:
            data, _ = await self._in_thread(test.clip, request.path_params["name"])
        except RefusedError as error:
            status = 404 if error.reason == "not-ours" else STATUS.get(error.reason, 422)
            return _reply({"refused": error.reason, "message": str(error)}, status)
        return _audio(data, request.headers.get("range", ""))

    async def _in_thread(self, function: Callable[..., Any], *given: object) -> Any:
        """Threads of our own: those that the models use may all be busy."""
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(function, *given, limiter=self._threads)

    def _not_open(self) -> Response:
        preparing = self.served.preparing
        if preparing.problem:
            return _reply({"closed": preparing.problem}, 503)
        return _reply({"preparing": {"done": preparing.done, "total": preparing.total}}, 503)


def _enter(test: ListeningTest, sent: Mapping[str, object], address: str) -> View:
    given = sent.get("parameters")
    return test.enter(sent.get("token"), given if isinstance(given, dict) else {}, sent.get("visit"))


def _answer(test: ListeningTest, sent: Mapping[str, object], address: str) -> View:
    answers = sent.get("answers")
    given = answers if isinstance(answers, dict) else {}
    return test.answer(sent.get("token"), sent.get("event"), given, address)


def _rate(test: ListeningTest, sent: Mapping[str, object], address: str) -> View:
    heard, plays, response_s = sent.get("heard"), sent.get("plays"), sent.get("response_s")
    return test.rate(sent.get("ticket"), sent.get("rating"), heard, plays, response_s, sent.get("receipts"))


def _act(test: ListeningTest, act: Act, sent: Mapping[str, object], address: str) -> Response:
    try:
        return _reply({"view": act(test, sent, address).as_json()})
    except RefusedError as error:
        log.info("A listener's answer was not taken: %s", error.reason)
        listener = test.listener_of(sent.get("token") or sent.get("ticket"))
        shown = listener and error.reason not in WITHOUT_VIEW
        view = {"view": test.view(listener).as_json()} if listener and shown else {}
        return _reply({"refused": error.reason, "message": str(error), **view}, STATUS.get(error.reason, 422))
    except RatingsError as error:
        return _reply({"failed": str(error)}, 507)


async def _json_object(request: Request) -> dict[str, object] | Response:
    """The request's body as an object, or why it is not taken; a large one is refused before it is read."""
    too_large = _reply({"refused": "too-large", "message": f"Send at most {LONGEST_BODY} bytes."}, 413)
    if request.headers.get("content-length", "0").isdigit() is False:
        return _reply({"refused": "not-readable", "message": "Send one small JSON object."}, 400)
    if int(request.headers.get("content-length", "0")[:12]) > LONGEST_BODY:
        return too_large
    body = b""
    try:
        with anyio.fail_after(BODY_LIMIT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST_BODY:
                    return too_large
    except (TimeoutError, ClientDisconnect):
        return _reply({"refused": "not-readable", "message": "The answer took too long to arrive."}, 408)
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        return _reply({"refused": "not-readable", "message": "Send one small JSON object."}, 400)
    return sent


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
