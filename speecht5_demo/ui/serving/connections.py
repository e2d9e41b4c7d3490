"""Connections that ask for nothing are closed, and one address cannot hold all of them.

uvicorn closes a connection that was used and rests; one that was opened and never sent a request, or sends its head a
byte at a time, stays. This gives every request head a deadline.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from speecht5_demo.ui.serving.visitor import is_behind_proxy

HEAD_LIMIT_S = 10.0
CONNECTIONS_AN_ADDRESS = 200
CONNECTIONS = 1_000

_of_address: Counter[str] = Counter()


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 with a deadline for the head of each first request and a limit of connections an address."""

    _counted = ""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it, or close it at once."""
        super().connection_made(transport)
        self._counted = self.client[0] if self.client else ""
        _of_address[self._counted] += 1
        # Behind a proxy all visitors have its address: there, connections are the proxy's to limit.
        crowded = _of_address[self._counted] > CONNECTIONS_AN_ADDRESS and not is_behind_proxy()
        if crowded or len(self.connections) > CONNECTIONS:
            transport.abort()
            return
        self._deadline = self.loop.call_later(HEAD_LIMIT_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        if self._deadline is not None:
            self._deadline.cancel()
        _of_address[self._counted] -= 1
        if _of_address[self._counted] <= 0:
            del _of_address[self._counted]
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if getattr(self, "cycle", None) is None and not self.transport.is_closing():
            self.transport.close()


def limit_connections(server: uvicorn.Server) -> None:
    """From now on; a running server makes its protocols from its configuration, one a connection."""
    config: Any = server.config
    config.http_protocol_class = LimitedProtocol
