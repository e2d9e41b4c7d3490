"""Three replicas behind a proxy, one killed, all ended: each acknowledged rating is there once."""

from pathlib import Path

import pytest

from tests.support.replicas import KINDS, run


@pytest.mark.parametrize("kind", KINDS)
def test_each_acknowledged_rating_is_once_on_the_page_and_in_the_store(kind: str, tmp_path: Path) -> None:
    outcome = run(kind, tmp_path, listeners=6, sentences=2)
    assert outcome.acknowledged >= 60
    assert outcome.holds, outcome
