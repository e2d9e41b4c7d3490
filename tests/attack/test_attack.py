"""The attacks of `make attack`, small: each promise of SECURITY.md against the real app over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.attacks import ATTACKS, idle_connections
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
