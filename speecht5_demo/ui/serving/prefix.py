"""A path prefix that a proxy leaves on: it is taken off here, so that both kinds of proxy find the same addresses."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """An ASGI layer in front of all others.

    Args:
        app: what is served at the root.
        root: the prefix, as GRADIO_ROOT_PATH has it; without one nothing is done.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = f"/{root.strip('/')}" if root.strip("/") else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what is asked for below the prefix as if it was asked for without."""
        path = str(scope.get("path", ""))
        if self._root and (path == self._root or path.startswith(f"{self._root}/")):
            raw = bytes(scope.get("raw_path") or path.encode())
            given = self._root.encode()
            scope = {
                **scope,
                "path": path[len(self._root) :] or "/",
                "raw_path": (raw[len(given) :] or b"/") if raw.startswith(given) else raw,
            }
        await self._app(scope, receive, send)
