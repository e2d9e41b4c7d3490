"""The attacks of `make attack`, small: each promise of SECURITY.md against the real app over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.attacks import ATTACKS, idle_connections
from tests.attack.client import Answer
from tests.attack.fuzzing import is_fault
from tests.attack.hard_times import failing_disk, killed_server
from tests.attack.target import Attack, Target, attacked

SCALE = 0.04


OF_THEIR_OWN = (killed_server, failing_disk)
"""Attacks on servers of their own; tests/listening holds them."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server that is attacked, and the owner's key."""
    with attacked(tmp_path_factory.mktemp("attacked"), clip_s=0.3) as running:
        yield running


@pytest.mark.parametrize(
    "attack", [each for each in ATTACKS if each not in OF_THEIR_OWN], ids=lambda attack: attack.__name__
)
def test_the_promise_holds_against(attack: Attack, target: Target) -> None:
    outcome = attack(target, SCALE * (5 if attack is idle_connections else 1))
    assert outcome.held, f"{outcome.promise}: {outcome.figures}"


def test_a_refusal_is_a_line_of_the_log(target: Target) -> None:
    log = Path(target.log).read_text(errors="replace")
    assert "refused 4" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("path", "status", "told", "fault"),
    [
        ("/healthz", 503, {"status": "loading", "reasons": ["The voice is being loaded."]}, False),
        ("/healthz", 503, {"status": "loading", "reasons": []}, True),
        ("/healthz", 503, {"status": "ready"}, True),
        ("/healthz", 500, {"status": "loading", "reasons": ["x"]}, True),
        ("/listening/enter", 503, {"preparing": {"done": 0, "total": 3}}, False),
        ("/listening/rate", 503, {"detail": "no"}, True),
        ("/gradio_api/queue/join", 503, {"detail": "Queue is full. Max size is 128 and size is 128."}, False),
        ("/gradio_api/queue/join", 503, {"detail": "Service Unavailable"}, True),
        ("/results", 503, {"status": "loading", "reasons": ["x"]}, True),
        ("/results", 404, {}, False),
    ],
)
def test_of_the_answers_from_500_on_only_the_documented_ones_are_no_fault(
    path: str, status: int, told: dict[str, object], fault: bool
) -> None:
    assert is_fault(path, Answer(status, {}, json.dumps(told).encode())) == fault


def test_an_answer_that_is_no_json_is_a_fault() -> None:
    assert is_fault("/healthz", Answer(503, {}, b"Service Unavailable"))
