"""The graph in float32 gives what its float weights give, and the durations with it."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from voice_training import VoiceTrainingError
from voice_training.kokoro.graph import DURATIONS, telling_durations
from voice_training.tests.kokoro.examples import quantised_graph


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
        telling_durations(quantised_graph()[0], "/elsewhere")
