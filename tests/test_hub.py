"""Asking a hub: what counts as silence, and what does not."""

import threading
import time

import pytest
from huggingface_hub import get_session
from huggingface_hub.errors import OfflineModeIsEnabled

from speecht5_demo import hub
from speecht5_demo.errors import SpeakerError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "SILENCE_S", 0.2)


def test_work_without_a_request_may_take_its_time():
    assert hub.ask_hub(lambda: time.sleep(0.6) or "read", wanted="it") == "read"


def test_errors_for_the_user_pass_as_they_are():
    def work() -> None:
        raise SpeakerError("a recording is missing")

    with pytest.raises(SpeakerError, match="a recording is missing"):
        hub.ask_hub(work, wanted="it")


def test_request_that_is_forbidden_offline_says_so():
    def work() -> None:
        with pytest.raises(OfflineModeIsEnabled):
            get_session().get("http://127.0.0.1:9/")
        raise OfflineModeIsEnabled("offline")

    with pytest.raises(hub.HubError, match="HF_HUB_OFFLINE"):
        hub.ask_hub(work, wanted="it")


def test_a_second_question_waits_for_the_first():
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(hub.ask_hub(lambda: time.sleep(0.1) or n, wanted="it"))
        )
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 1, 2]
