"""TCP ports of 127.0.0.1 for the servers of tests."""

from __future__ import annotations

import socket

_HELD: list[socket.socket] = []


def bound() -> socket.socket:
    """A port of our own that refuses connections, and that nobody else is given while no server listens there.

    A server that sets SO_REUSEADDR, as nearly all do, may share it with a socket that does not listen.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def free_port() -> int:
    """A port for a server that is started later, and again later; ours until this process ends."""
    _HELD.append(bound())
    return int(_HELD[-1].getsockname()[1])
