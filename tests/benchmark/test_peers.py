"""Peers are set up by the command: whole or not at all, and without a network in one sentence."""

from pathlib import Path

import pytest

from speecht5_demo.benchmark import peers
from speecht5_demo.benchmark.processes import BenchmarkError
from speecht5_demo.checkpoints import Checkpoint


def test_without_a_network_one_sentence_says_what_to_do(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setattr(peers, "PACKAGES", ("optimum-intel==2.2.0",))
    with pytest.raises(BenchmarkError, match="connect to the network") as raised:
        peers.prepare_peers(tiny.spec, tmp_path / "peers", 1, lambda line: None)
    assert len(str(raised.value).splitlines()) == 1
    assert not (tmp_path / "peers" / "venv" / "ready").exists()


def test_an_export_that_broke_off_is_made_again(tmp_path: Path) -> None:
    target = tmp_path / "model"

    def half(folder: Path) -> None:
        (folder / "first").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        peers._whole(target, half)
    assert not target.exists()

    def whole(folder: Path) -> None:
        (folder / "second").touch()

    peers._whole(target, whole)
    assert [path.name for path in target.iterdir()] == ["second"]
