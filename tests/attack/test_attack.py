"""The attacks of `make attack`, small: each promise of SECURITY.md against the real app over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.attacks import ATTACKS, Attack, Target, idle_connections
from tests.browser.conftest import running_server

KEY = "a key that nobody guesses"
SCALE = 0.04


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server that is attacked, and the owner's key."""
    with running_server(tmp_path_factory.mktemp("attacked"), OWNER_KEY=KEY) as server:
        yield Target(server.url, server.data, server.log, server.process.pid, KEY)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_the_promise_holds_against(attack: Attack, target: Target) -> None:
    outcome = attack(target, SCALE * (5 if attack is idle_connections else 1))
    assert outcome.held, f"{outcome.promise}: {outcome.figures}"


def test_a_refusal_is_a_line_of_the_log(target: Target) -> None:
    log = Path(target.log).read_text(errors="replace")
    assert "refused 4" in log
    assert "Traceback" not in log
