"""The first thing that a request meets: what is not served is refused before anything is read or run.

An ASGI layer around Gradio's application. It knows the few addresses that the pages and the clients of `/compare` need,
reads bodies itself, up to a size, checks that an event gets what it takes, and marks who is here while their streams
are open. Everything else is a refusal of one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speecht5_demo.ui.languages import Catalog, language_of
from speecht5_demo.ui.serving.assets import ADDRESS
from speecht5_demo.ui.serving.headers import OF_FILES, security_headers
from speecht5_demo.ui.serving.json_body import BodyError, json_object
from speecht5_demo.ui.serving.presence import Presence
from speecht5_demo.ui.serving.rates import EventRates, too_much
from speecht5_demo.ui.serving.refusals import RefusalLog
from speecht5_demo.ui.serving.request_body import RefusedRequest, read_body
from speecht5_demo.ui.serving.visitor import address_of, with_addresses_in_one_line

LONGEST_PATH = 400
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")

_READ = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/pwa_icon(/\d+)?"
    r"|/(assets|static|svelte)(/[\w.@+-]{1,120}){1,6}"
    r"|/gradio_api/(info/?|app_id/?|theme\.css|startup-events|queue/data|heartbeat/[\w-]{1,64}|call/compare/[\w-]{1,64})"
)
_POSTED = re.compile(r"/gradio_api/(queue/join|run/predict|component_server/?|call/compare/?|cancel)")
_TOOLS = re.compile(r"/gradio_api/mcp(/http)?/?")
_TOOL_CALLS = re.compile(r"initialize|ping|notifications/\w{1,40}|tools/(list|call)|(resources|prompts)/list")
_KNOWN = (
    "data",
    "fn_index",
    "session_hash",
    "trigger_id",
    "event_data",
    "event_id",
    "component_id",
    "fn_name",
)
_STREAM = re.compile(r"/gradio_api/(?:heartbeat|call/compare)/([\w-]{1,64})")


@dataclass(frozen=True)
class Event:
    """What one event of the pages takes.

    Attributes:
        inputs: how many values.
        queued: whether it is joined through the queue; else it is run at once.
        name: of an event that programs may call.
    """

    inputs: int
    queued: bool
    name: str = ""


@dataclass
class Surface:
    """What is served beside files of Gradio's own; filled when the pages are built.

    Attributes:
        pages: addresses of pages.
        routes: of ours, which check their own bodies.
        events: by number.
        components: numbers of components with functions that the page calls, with the functions' names.
        tools: names of the tools that assistants may call over MCP; none where it is off.
        knows_session: whether the queue has heard of a session.
        presence: who is here.
        in_space: whether a hub frames the pages.
        sign_in: addresses of signing in with the hub; none where it is not offered.
    """

    presence: Presence
    in_space: bool = False
    sign_in: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    routes: Sequence[BaseRoute] = ()
    events: dict[int, Event] = field(default_factory=dict)
    components: dict[int, frozenset[str]] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    knows_session: Callable[[str], bool] = lambda session: True


class Guard:
    """The layer.

    Args:
        app: what it stands before.
        surface: what may be asked of it.
    """

    def __init__(self, app: ASGIApp, surface: Surface) -> None:
        self._app = app
        self._surface = surface
        self._headers = security_headers(surface.in_space)
        self._file_headers = [(name, value) for name, value in self._headers if name in OF_FILES]
        self._refusals = RefusalLog()
        self._rates = EventRates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        scope = with_addresses_in_one_line(scope)
        begun, path = False, _path(scope)

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                ours = self._file_headers if path.startswith(ADDRESS) else self._headers
                names = {name for name, _ in ours}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
                message = {**message, "headers": [*kept, *ours]}
            await send(message)

        try:
            session, receive = await self._admit(scope, receive)
            if session is None:
                await self._app(scope, receive, send_with_headers)
            else:
                with self._surface.presence.stream(session):
                    await self._app(scope, receive, send_with_headers)
        except RefusedRequest as refused:
            self._refusals.note(refused.status, scope["method"], scope["path"], str(refused))
            if not begun:
                await _answer(send_with_headers, refused.status, _language(scope).said(str(refused)))

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[str | None, Receive]:
        """The session whose stream this is, if it is one, and how its body is read."""
        method, path = scope["method"], _path(scope)
        if len(path) > LONGEST_PATH or not path.isprintable():
            raise RefusedRequest(404, "There is nothing at this address.")
        if any(route.matches(scope)[0] == Match.FULL for route in self._surface.routes):
            return None, receive
        if method in ("GET", "HEAD"):
            if path in self._surface.sign_in:
                self._check_rate(_address(scope), None)
                return None, receive
            if _READ.fullmatch(path) or path.rstrip("/") in self._surface.pages:
                return self._streaming(scope, path), receive
            raise RefusedRequest(404, "There is nothing at this address.")
        if self._surface.tools and _TOOLS.fullmatch(path):
            if method != "POST":
                raise RefusedRequest(405, "Messages of MCP are sent with POST.")
            self._check_rate(_address(scope), None)
            body = self._checked_message(await read_body(scope, receive))
            return None, _replayed(_with_length(scope, body), receive)
        if method == "POST" and _POSTED.fullmatch(path):
            body = self._checked(path, await read_body(scope, receive), _address(scope))
            return None, _replayed(_with_length(scope, body), receive)
        if method in ("OPTIONS", "POST"):
            raise RefusedRequest(404, "There is nothing at this address.")
        raise RefusedRequest(405, "Pages are read with GET; events are sent with POST.")

    def _streaming(self, scope: Scope, path: str) -> str | None:
        if found := _STREAM.fullmatch(path):
            session = found.group(1)
        elif path == "/gradio_api/queue/data":
            asked = re.search(rb"(?:^|&)session_hash=([\w-]{1,64})(?:&|$)", scope["query_string"])
            if asked is None:
                raise RefusedRequest(422, "Name the session whose answers are wanted: session_hash=...")
            session = asked.group(1).decode()
        else:
            return None
        if "heartbeat" not in path and not self._surface.knows_session(session):
            raise RefusedRequest(404, "This session has asked for nothing.")
        return session

    def _check_rate(self, address: str, session: str | None) -> None:
        if wait_s := self._rates.wait_s(address, session):
            raise too_much(wait_s)

    def _checked(self, path: str, body: bytes, address: str) -> bytes:
        """The body as Gradio gets it: what is known of it, and nothing else."""
        try:
            sent = json_object(body)
        except BodyError as error:
            raise RefusedRequest(422, str(error)) from error
        session = sent.get("session_hash")
        if session is not None and not (isinstance(session, str) and SESSION.fullmatch(session)):
            raise RefusedRequest(422, "session_hash is a word of up to 64 letters and digits.")
        if session is None and "/call/" not in path:
            raise RefusedRequest(422, "Name the session: session_hash.")
        self._check_rate(address, session)
        if path.endswith("/cancel"):
            if not isinstance(sent.get("event_id"), str) or _whole(sent.get("fn_index")) < 0:
                raise RefusedRequest(422, "A cancellation names fn_index and event_id.")
        elif "component_server" in path:
            names = self._surface.components.get(_whole(sent.get("component_id")), frozenset())
            if "data" not in sent or sent.get("fn_name") not in tuple(names):
                raise RefusedRequest(404, "No component has this function.")
        else:
            self._check_event(path, sent)
        return json.dumps({name: sent[name] for name in _KNOWN if name in sent}).encode()

    def _checked_message(self, body: bytes) -> bytes:
        """A message of MCP that lists the tools or calls one."""
        try:
            sent = json_object(body)
        except BodyError as error:
            raise RefusedRequest(422, str(error)) from error
        method, parameters = sent.get("method"), sent.get("params")
        if not isinstance(method, str) or not _TOOL_CALLS.fullmatch(method):
            raise RefusedRequest(404, "This server has tools: tools/list names them, tools/call calls one.")
        if method == "tools/call":
            name = parameters.get("name") if isinstance(parameters, dict) else None
            # In a Space, Gradio puts its name and an underscore in front.
            if not isinstance(name, str) or name.rpartition("_")[2] not in self._surface.tools:
                raise RefusedRequest(404, f"The tools are {' and '.join(self._surface.tools)}.")
        return json.dumps(sent).encode()

    def _check_event(self, path: str, sent: dict[str, object]) -> None:
        data = sent.get("data")
        if not isinstance(data, list):
            raise RefusedRequest(422, "data is a list of what the event takes.")
        if "/call/" in path:
            event = next((event for event in self._surface.events.values() if event.name == "compare"), None)
        else:
            event = self._surface.events.get(_whole(sent.get("fn_index")))
            if event is not None and event.queued != path.endswith("/join"):
                event = None
        if event is None:
            raise RefusedRequest(404, "No event of these pages is sent to this address.")
        if len(data) != event.inputs:
            raise RefusedRequest(422, f"This event takes {event.inputs} values, not {len(data)}.")
        if not isinstance(sent.get("trigger_id"), (int, type(None))):
            raise RefusedRequest(422, "trigger_id is a number.")


def _address(scope: Scope) -> str:
    """Who asks, as limits count."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return address_of(scope["client"][0] if scope.get("client") else None, headers)


def _language(scope: Scope) -> Catalog:
    """Of who asks: a page shows some of these sentences."""
    accepted = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    return language_of(accepted.decode("latin-1"))


def _path(scope: Scope) -> str:
    """The path below where the app is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root + "/") else path


def _whole(value: object) -> int:
    """A number of an event or component; -1, which none has, for what is no whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _with_length(scope: Scope, body: bytes) -> bytes:
    """The body, its length stated in the request."""
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if name not in (b"content-length", b"transfer-encoding")
    ]
    scope["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, then what the connection says."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
