"""A model hub of our own on 127.0.0.1, which answers huggingface_hub and datasets as the real one does.

Files live in memory. Those that the real hub stores in LFS answer with a redirect, a linked size and a
linked ETag; the others come inline with the ETag of a git blob. Uploads and commits work, so what a program
pushes can be read back. It can also misbehave: stay silent, refuse access, be ill, or cut a download off.

    with LoopbackHub() as hub:
        hub.add_model("microsoft/speecht5_tts", {"config.json": b"..."})
        subprocess.run([...], env={**os.environ, **hub.environment(tmp_path)})
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from tests.support.hub_answers import HubAnswers, Repository
from tests.support.ports import bound


@dataclass
class Misbehaviour:
    """What goes wrong, for requests whose path matches `where`.

    Attributes:
        where: a regular expression searched for in "METHOD /path".
        silent: seconds without an answer; the connection stays open.
        status: answer with this status instead.
        cut_after: send only so many bytes of the body, then close the connection.
        stall_after: send only so many bytes of the body, then stay silent with the connection open.
        damage: change one byte of the body.
        times: how often it happens before all is well again; None means always.
        under_way: how many requests are met with silence just now.
    """

    where: str
    silent: float = 0
    status: int | None = None
    cut_after: int | None = None
    stall_after: int | None = None
    damage: bool = False
    times: int | None = None
    under_way: int = 0

    @property
    def over(self) -> bool:
        """Whether all is well again, for every request."""
        return self.times == 0 and self.under_way == 0


class LoopbackHub:
    """The server; a context manager. `url` is what HF_ENDPOINT should be."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.misbehaviours: list[Misbehaviour] = []
        self.requests: list[str] = []
        self.signs_in = "tester"
        self.reached_at: dict[str, str] = {}  # the address of a Space -> where it is served here
        self.connections: set[socket.socket] = set()
        self.closing = threading.Event()

        class Handler(HubAnswers):
            pass

        Handler.hub = self
        self._handler = Handler
        self._held = bound()
        port = self._held.getsockname()[1]
        self._listen(port)
        self.url = f"http://127.0.0.1:{port}"
        # As in reality, large files come from another host than the hub's own: the library tells them apart.
        self.storage_url = f"http://localhost:{port}"

    def __enter__(self) -> "LoopbackHub":
        return self

    def _listen(self, port: int) -> None:
        """Serve at the port, which is ours: HTTPServer may share it with a socket that does not listen."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def _hang_up(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    @contextmanager
    def away(self) -> Iterator[None]:
        """For a while, new connections are refused."""
        self._hang_up()
        try:
            yield
        finally:
            self._listen(self._held.getsockname()[1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._hang_up()
        self._held.close()

    def add_model(self, name: str, files: dict[str, bytes], **how: bool) -> Repository:
        """A model repository called `name`."""
        return self.add("models", name, files, **how)

    def add_dataset(self, name: str, files: dict[str, bytes], **how: bool) -> Repository:
        """A dataset repository called `name`."""
        return self.add("datasets", name, files, **how)

    def add(self, kind: str, name: str, files: dict[str, bytes], **how: bool) -> Repository:
        """A repository of a kind: models, datasets or spaces."""
        repository = Repository(dict(files), **how)
        self.repositories[kind, name] = repository
        return repository

    def misbehave(self, where: str, **how: float | int | None) -> Misbehaviour:
        """From now on, requests that match `where` go wrong (see `Misbehaviour`)."""
        fault = Misbehaviour(where, **how)  # type: ignore[arg-type]
        self.misbehaviours.append(fault)
        return fault

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        """The whole environment for a process that uses this hub and keeps its cache under `home`.

        The libraries read these variables when they are imported, hence a process of its own.
        """
        return hub_environment(self.url, home, **more)


def hub_environment(url: str, home: Path, **more: str) -> dict[str, str]:
    """The environment for a process whose hub is at `url` and whose cache is under `home`."""
    dropped = ("HF_", "HUGGINGFACE", "TRANSFORMERS_", "SPACE_", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {
        **kept,
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "OMP_NUM_THREADS": "1",
        **more,
    }
