"""Every byte between a browser and a server, written down: what a curious listener could read."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

LATE_S = 2.0


class Wire:
    """A TCP relay that records both directions.

    Compression is declined on the browser's behalf, with a header of the same length, so that the record can be read.

    Args:
        server_url: where to.
        late: what the browser gets `LATE_S` later, alone of all: connections of one page do not keep step.
    """

    def __init__(self, server_url: str, late: bytes | None = None) -> None:
        self._late = late
        self._target = (urlsplit(server_url).hostname, urlsplit(server_url).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._sent = bytearray()
        self._received = bytearray()
        self._arrivals: list[tuple[int, int]] = []
        """Whose bytes are in the record of the browser's, up to where: a connection's number and an end."""
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def mark(self) -> tuple[int, int]:
        """Where both records stand."""
        with self._lock:
            return len(self._sent), len(self._received)

    def since(self, start: tuple[int, int], end: tuple[int, int] | None = None) -> tuple[bytes, bytes]:
        """What the browser sent and received between two marks."""
        sent, received = end or self.mark()
        with self._lock:
            return bytes(self._sent[start[0] : sent]), bytes(self._received[start[1] : received])

    def answers(self, start: tuple[int, int]) -> list[bytes]:
        """What the browser received since a mark, an answer at a time: connections come in between one another."""
        begun, by_connection = 0, dict[int, bytes]()
        with self._lock:
            for number, end in self._arrivals:
                new = bytes(self._received[max(begun, start[1]) : end])
                by_connection[number] = by_connection.get(number, b"") + new
                begun = end
        return [answer for said in by_connection.values() for answer in said.split(b"HTTP/1.1 ")]

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        for number in itertools.count():
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                browser.close()
                continue
            for ends in ((browser, server, self._sent), (server, browser, self._received)):
                threading.Thread(target=self._relay, args=(*ends, number), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, record: bytearray, number: int) -> None:
        try:
            while data := source.recv(65536):
                data = data.replace(b"Accept-Encoding:", b"Decline-Encodin:")
                with self._lock:
                    record += data
                    if record is self._received:
                        self._arrivals.append((number, len(record)))
                if self._late is not None and self._late in data:
                    time.sleep(LATE_S)
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    end.close()


@contextmanager
def recorded(server_url: str, late: bytes | None = None) -> Iterator[Wire]:
    """A wire to a server; `wire.url` is what the browser opens."""
    wire = Wire(server_url, late)
    try:
        yield wire
    finally:
        wire.close()
