"""Peers are set up by the command: whole or not at all, and without a network in one sentence."""

import sys
from pathlib import Path

import pytest

from speecht5_demo.benchmark import peers
from speecht5_demo.benchmark.peer_settings import Peer, Start, fastest
from speecht5_demo.benchmark.processes import BenchmarkError, Worker
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


def test_a_peer_takes_part_with_its_fastest_setting_and_says_what_the_others_took() -> None:
    answers = """
import json, sys
print("{}", flush=True)
for line in sys.stdin:
    print(json.dumps({"encode_s": 0.0, "decode_s": float(sys.argv[1]), "vocode_s": 0.0, "audio_s": 2.0, "steps": 1}),
          flush=True)
"""

    def start(seconds: str) -> Start:
        return lambda name: Worker(name, [sys.executable, "-c", answers, seconds])

    lines: list[str] = []
    peer = Peer("another", {"plain": start("3"), "fused": start("1"), "bound": start("2")})
    chosen = fastest(peer, 80, 150, lines.append)
    assert chosen.name == "another"
    assert chosen.setting == "fused: RTF 0.500 when tried; bound 1.000, plain 1.500"
    assert chosen.start is peer.settings["fused"]
    assert lines == ["trying another, plain", "trying another, fused", "trying another, bound"]


def test_a_single_setting_is_not_tried() -> None:
    def start(name: str) -> Worker:
        raise AssertionError(name)

    assert fastest(Peer("another", {"only": start}), 80, 150, print).setting == "only"
