"""The app as a whole, before anybody visits it."""

from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.ui.app import build_app
from speecht5_demo.ui.settings import Settings


def test_an_idle_queue_is_not_asked_for_events_a_thousand_times_a_second(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speecht5_demo.ui.app.mcp_installed", lambda: False)
    settings = Settings(checkpoint=tiny.spec, prepare_study=False, data=tmp_path, study=tmp_path / "study")
    queue = build_app(settings)._queue
    assert queue.sleep_when_free >= 0.01
    assert queue.progress_update_sleep_when_free >= 0.05
