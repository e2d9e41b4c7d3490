"""The body of a request, small and in time, or the refusal of it."""

from __future__ import annotations

import anyio
from starlette.types import Receive, Scope

from speecht5_demo.messages import Message

LARGEST_BODY = 98_304
BODY_LIMIT_S = 20.0
"""Seconds that a body may take to arrive."""


class RefusedRequest(Exception):
    """A request that is not served: its status and its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def read_body(
    scope: Scope, receive: Receive, largest: int = LARGEST_BODY, kind: str = "application/json"
) -> bytes:
    """The body of a request.

    Args:
        largest: bytes.
        kind: the media type that it has to say it is; one that says none is taken for it.

    Raises:
        RefusedRequest: it is too large, of another kind by its own account, or does not arrive.
    """
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > largest:
        raise RefusedRequest(413, Message("Send at most {most} bytes.", most=f"{largest:,}"))
    if not headers.get(b"content-type", kind.encode()).startswith(kind.encode()):
        raise RefusedRequest(415, Message("Send it as {kind}, and say so in content-type.", kind=kind))
    body = bytearray()
    try:
        with anyio.fail_after(BODY_LIMIT_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise RefusedRequest(400, Message("The request ended before its body did."))
                body += message.get("body", b"")
                if len(body) > largest:
                    raise RefusedRequest(413, Message("Send at most {most} bytes.", most=f"{largest:,}"))
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise RefusedRequest(408, Message("The body took too long to arrive.")) from error
