"""A server without a study makes the shipped one by itself, and says how far it is until then."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from speecht5_demo.errors import StudyError
from speecht5_demo.listening.manifest import Manifest, StudyBusyError
from speecht5_demo.listening.preparation import prepare
from speecht5_demo.listening.writing import RatingsWriter
from speecht5_demo.ui.listen import http
from speecht5_demo.ui.listen.served_study import ServedStudy
from tests.listening.conftest import VOICE, make_study


def open_served(folder: Path, make: Callable[..., Manifest] | None) -> ServedStudy:
    served = ServedStudy(
        folder / "study", folder / "ratings", RatingsWriter(folder / "ratings"), folder, make
    )
    served.open()
    return served


def wait(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def test_the_shipped_study_is_made_in_the_background_with_progress(tmp_path: Path) -> None:
    go_on = threading.Event()

    def make(folder: Path, on_progress: Callable[[int, int, str], None]) -> Manifest:
        on_progress(3, 40, "baseline: Glue the sheet.")
        go_on.wait(60)
        return prepare(make_study(), VOICE, folder, on_progress)

    served = open_served(tmp_path, make)
    wait(lambda: served.preparing.done)
    assert (served.test, served.preparing.done, served.preparing.total) == (None, 3, 40)
    go_on.set()
    wait(lambda: served.test)
    assert open_served(tmp_path, None).test is not None


def test_a_second_server_waits_for_the_first_one_to_make_the_study(tmp_path: Path) -> None:
    busy = [True]

    def make(folder: Path, on_progress: Callable[[int, int, str], None]) -> Manifest:
        if busy.pop() if busy else False:
            raise StudyBusyError("is being prepared by another process")
        return prepare(make_study(), VOICE, folder, on_progress)

    served = open_served(tmp_path, make)
    wait(lambda: served.test)


def test_a_study_that_cannot_be_made_closes_the_test_with_the_reason(tmp_path: Path) -> None:
    def make(folder: Path, on_progress: Callable[[int, int, str], None]) -> Manifest:
        raise StudyError("random-full makes no intelligible speech.")

    served = open_served(tmp_path, make)
    wait(lambda: served.preparing.problem)
    assert served.preparing.problem == "random-full makes no intelligible speech."
    assert "study prepare" in open_served(tmp_path / "other", None).preparing.problem


def test_a_body_that_does_not_arrive_holds_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_LIMIT_S", 0.02)

    async def never() -> Message:
        await anyio.sleep(60)
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": [(b"content-length", b"9")]}, never)
    with ThreadPoolExecutor(1) as elsewhere:  # where no loop runs, whatever tests ran before
        answer = elsewhere.submit(anyio.run, http._json_object, request).result(60)
    assert isinstance(answer, Response)
    assert answer.status_code == 408
