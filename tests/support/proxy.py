"""A tiny reverse proxy on the loopback, as a deployment has one: it takes a path prefix off and passes the rest on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.ports import free_port


@contextmanager
def behind_prefix(server_port: int, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """The address of the whole app below a prefix, and every path that was asked for outside of it."""
    port, strays = free_port(), list[str]()
    listening = socket.create_server(("127.0.0.1", port), backlog=100)

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(
                target=_serve, args=(client, server_port, port, prefix, strays), daemon=True
            ).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}{prefix}", strays
    finally:
        listening.close()


def _serve(client: socket.socket, server_port: int, port: int, prefix: str, strays: list[str]) -> None:
    """One request; its connection closes with its answer."""
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(65536)
            if not more:
                return
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        request, *fields = head.split(b"\r\n")
        method, path, version = request.split(b" ", 2)
        if path != prefix.encode() and not path.startswith(prefix.encode() + b"/"):
            strays.append(path.decode())
            client.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        kept = [field for field in fields if not field.lower().startswith((b"connection:", b"x-forwarded"))]
        told = [
            b"x-forwarded-host: 127.0.0.1:%d" % port, b"x-forwarded-proto: http", b"x-forwarded-for: 203.0.113.7",
            b"connection: close",
        ]  # fmt: skip
        inner = path[len(prefix) :] or b"/"
        sent = b"\r\n".join([b" ".join((method, inner, version)), *kept, *told]) + b"\r\n\r\n" + body
        with socket.create_connection(("127.0.0.1", server_port)) as server:
            server.sendall(sent)
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            _pass_on(server, client)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
