"""Asking the model hub without ever waiting for it long.

The hub's own library retries for minutes. Here it works in a thread, and every byte that arrives is a sign of life:
when a request is open and none has come for a few seconds, the caller goes on without the hub, whatever the thread
is stuck in (a name lookup, a connection, an answer that never ends). The thread is a daemon, so it cannot hold up
the end of the process either.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Generic, TypeVar

import httpx2
from huggingface_hub import constants, get_session, set_client_factory
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)

from speecht5_demo.errors import CheckpointError, DemoError

SILENCE_S = 4.0
"""Longest wait, in seconds, for a hub that has not sent a byte of what was asked for."""

SILENCE_WITHIN_A_FILE_S = 15.0
"""Longest pause, in seconds, once a file is on its way: a hiccup must not cost half a gigabyte."""

RETRIED_STATUSES = (408, 429, 500, 502, 503, 504)
"""Answers upon which the hub's library waits and asks again."""

Answer = TypeVar("Answer")

HUB_ERRORS = (httpx2.HTTPError, OSError, HFValidationError, EntryNotFoundError, XetDownloadError)
"""What the hub's library raises when the hub, the network or the disk does not play along."""


class HubError(CheckpointError):
    """The hub did not give what was asked for; the sentence says why."""


def ask_hub(work: Callable[[], Answer], *, wanted: str) -> Answer:
    """Run `work`, which talks to the hub, for as long as the hub keeps talking.

    Args:
        work: calls huggingface_hub or datasets; runs in another thread.
        wanted: what is being asked for, such as "microsoft/speecht5_tts"; opens the error's sentence.

    Raises:
        HubError: when the hub is silent, refuses, or breaks off.
        DemoError: whatever `work` raises of that kind.
    """
    with _one_at_a_time:
        _watch_the_network()
        _activity.start()
        task = _Task(work)
        thread = threading.Thread(target=task.run, name="hub", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(timeout=0.1)
            if thread.is_alive() and _activity.has_gone_silent():
                raise HubError(
                    f"{wanted}: {constants.ENDPOINT} has sent nothing new for {_activity.limit_s:.1f} s. "
                    "Check the network connection, or choose the checkpoint embedded."
                )
    if isinstance(task.error, DemoError):
        raise task.error
    if task.error is not None:
        raise HubError(f"{wanted}: {_why(task.error)}") from task.error
    if not task.answers:
        raise HubError(
            f"{wanted}: the download failed in a way that the log shows. Choose the checkpoint embedded."
        )
    return task.answers[0]


class _Task(Generic[Answer]):
    def __init__(self, work: Callable[[], Answer]) -> None:
        self.work = work
        self.answers: list[Answer] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answers.append(self.work())
        except (DemoError, *HUB_ERRORS) as error:
            self.error = error


class _Activity:
    """Whether an answer is being waited for, and when the network last said something new.

    A retry repeats what was said before: a position that was reached already does not count, and a request that
    failed is still unanswered. Work without a request (reading, hashing, converting) may take as long as it likes.
    """

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.limit_s = SILENCE_S
        self._unanswered: set[str] = set()
        self._furthest: dict[str, int] = {}
        self._received_at = time.monotonic()

    def ask(self, request: str) -> None:
        if not self._unanswered:
            self._received_at = time.monotonic()
            self.limit_s = SILENCE_S
        self._unanswered.add(request)

    def receive(self, request: str, position: int) -> None:
        if position <= self._furthest.get(request, -1):
            return
        self._furthest[request] = position
        self._received_at = time.monotonic()
        self.limit_s = SILENCE_WITHIN_A_FILE_S if position else SILENCE_S

    def finish(self, request: str) -> None:
        self._unanswered.discard(request)

    def has_gone_silent(self) -> bool:
        return bool(self._unanswered) and time.monotonic() - self._received_at > self.limit_s


_activity = _Activity()
_one_at_a_time = threading.Lock()


class _WatchedBody(httpx2.SyncByteStream):
    """The body of a response, which notes the arrival of every chunk and its end."""

    def __init__(self, body: httpx2.SyncByteStream, request: str, position: int) -> None:
        self._body = body
        self._request = request
        self._position = position
        self._broken = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._body:
                self._position += len(chunk)
                _activity.receive(self._request, self._position)
                yield chunk
        except httpx2.TransportError:
            self._broken = True
            raise

    def close(self) -> None:
        self._body.close()
        if not self._broken:
            _activity.finish(self._request)


def _note_request(request: httpx2.Request) -> None:
    _activity.ask(f"{request.method} {request.url}")


def _note_response(response: httpx2.Response) -> None:
    if response.status_code in RETRIED_STATUSES:
        return
    request = f"{response.request.method} {response.request.url}"
    _activity.receive(request, 0)
    first = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _WatchedBody(response.stream, request, int(first[1]) if first else 0)


@cache
def _watch_the_network() -> None:
    """Let the library's HTTP client report what it receives, once a process; nothing else about it changes."""
    its_hooks = get_session().event_hooks

    def client() -> httpx2.Client:
        hooks: dict[str, list[Callable[..., Any]]] = {
            "request": [*its_hooks["request"], _note_request],
            "response": [*its_hooks["response"], _note_response],
        }
        return httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=None)

    set_client_factory(client)


def _why(error: BaseException) -> str:
    """One sentence for a user, and what to do."""
    if isinstance(error, GatedRepoError):
        return "access is restricted. Accept its terms on the hub and log in with `hf auth login`."
    if isinstance(error, RepositoryNotFoundError):
        return f"{constants.ENDPOINT} has no such repository, or it is private. Check the id, or log in."
    if isinstance(error, RevisionNotFoundError):
        return "there is no such revision. Check what follows the @."
    if isinstance(error, OfflineModeIsEnabled) or constants.is_offline_mode():
        return "not on this machine yet, and HF_HUB_OFFLINE forbids a download. Unset it, or choose embedded."
    if isinstance(error, HfHubHTTPError):
        return f"{constants.ENDPOINT} answered with an error ({error.response.status_code}). Try again later."
    root = error.__cause__ if isinstance(error.__cause__, httpx2.TransportError) else error
    if isinstance(root, httpx2.ConnectError | httpx2.ConnectTimeout):
        return f"{constants.ENDPOINT} cannot be reached ({root}). Check the network connection."
    if isinstance(root, EntryNotFoundError | FileNotFoundError):
        return (
            f"a file is missing there ({error}). Check that the id is a SpeechT5 text-to-speech checkpoint."
        )
    return f"the download broke off ({root}). Nothing of the broken file is kept; start it again."
