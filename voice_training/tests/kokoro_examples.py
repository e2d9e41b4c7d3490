"""Small real files and a small real graph in the place of Kokoro's."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from voice_training.kokoro_model import DURATIONS, KokoroFiles


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def files_of(folder: Path, model: bytes, vocabulary: Mapping[str, int], styles: int = 6) -> KokoroFiles:
    """The model in four parts, the tokens, and two voices, whose row i holds i * 256 and so on."""
    cut = -(-len(model) // 4)
    parts = tuple(folder / f"part{number}.bin" for number in range(1, 5))
    for number, part in enumerate(parts):
        part.write_bytes(model[number * cut : (number + 1) * cut])
    (folder / "vocab.json").write_text(json.dumps({"vocab": vocabulary}), encoding="utf-8")
    voice = np.arange(styles * 256, dtype=np.float32).tobytes()
    voices = ("af_heart", "bm_george")
    for name in voices:
        (folder / f"{name}.bin").write_bytes(voice)
    return KokoroFiles(
        parts=parts,
        vocabulary=folder / "vocab.json",
        voices=folder,
        sha256=(digest(model), digest((folder / "vocab.json").read_bytes())),
        voice_sha256=tuple((name, digest(voice)) for name in voices),
    )


def _serialised(
    nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], inputs: list[onnx.ValueInfoProto]
) -> bytes:
    output = helper.make_tensor_value_info("audio", TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, "small", inputs, [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    data: bytes = model.SerializeToString()
    return data


def speaking_graph() -> bytes:
    """A token t lasts t units of 600 samples, and every sample of it is t / 100: what Kokoro's graph is asked for."""
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    weights = {
        "least": np.array(1, np.float32),
        "most": np.array(50, np.float32),
        "unit": np.array(600, np.float32),
        "last": np.array([-1], np.int64),
        "hundred": np.array(100, np.float32),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
    }
    node = helper.make_node
    # Sample k belongs to the token at which the running sum of durations first exceeds k: the number of ends <= k.
    nodes = [
        node("Cast", ["tokens"], ["value"], to=TensorProto.FLOAT),
        node("Clip", ["value", "least", "most"], [DURATIONS]),
        node("Mul", [DURATIONS, "unit"], ["lengths"]),
        node("Constant", [], ["axis"], value=numpy_helper.from_array(np.array(1, np.int64))),
        node("CumSum", ["lengths", "axis"], ["ends"]),
        node("ReduceMax", ["ends"], ["total"], keepdims=0),
        node("Range", ["zero", "total", "one"], ["times"]),
        node("Unsqueeze", ["times", "last"], ["column"]),
        node("LessOrEqual", ["ends", "column"], ["past"]),
        node("Cast", ["past"], ["counted"], to=TensorProto.INT64),
        node("ReduceSum", ["counted", "last"], ["index"], keepdims=0),
        node("Squeeze", ["value"], ["row"]),
        node("Gather", ["row", "index"], ["spoken"]),
        node("Div", ["spoken", "hundred"], ["audio"]),
    ]
    return _serialised(nodes, weights, inputs)


def quantised_graph() -> tuple[bytes, dict[str, np.ndarray]]:
    """A convolution with a bias and a product of integers, as in Kokoro's, and the float weights they stand for."""
    chance = np.random.default_rng(0)
    kernel = chance.integers(0, 255, (4, 3, 3)).astype(np.uint8)
    matrix = chance.integers(-127, 127, (5, 2)).astype(np.int8)
    kernel_scale, matrix_scale = np.array(0.02, np.float32), np.array(0.01, np.float32)
    bias = chance.normal(0, 1, 4).astype(np.float32)
    weights = {
        "kernel": kernel,
        "kernel_zero": np.array(120, np.uint8),
        "kernel_scale": kernel_scale,
        "matrix": matrix,
        "matrix_zero": np.array(0, np.int8),
        "matrix_scale": matrix_scale,
        "bias": bias,
        "bias_shape": np.array([1, 4, 1], np.int64),
        "one": np.array(1, np.float32),
    }
    node = helper.make_node
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
        node("Mul", ["xs", "kernel_scale"], ["scale"]),
        node("Reshape", ["bias", "bias_shape"], ["bias_column"]),
        node("Div", ["bias_column", "scale"], ["bias_scaled"]),
        node("Floor", ["bias_scaled"], ["bias_floor"]),
        node("Cast", ["bias_floor"], ["bias_int"], to=TensorProto.INT32),
        node("ConvInteger", ["xq", "kernel", "xz", "kernel_zero"], ["c"], name="conv", pads=[1, 1]),
        node("Add", ["c", "bias_int"], ["cb"]),
        node("Cast", ["cb"], ["cf"], to=TensorProto.FLOAT),
        node("Mul", ["cf", "scale"], ["convolved"]),
        node("DynamicQuantizeLinear", ["convolved"], ["yq", "ys", "yz"]),
        node("Mul", ["ys", "matrix_scale"], ["scale2"]),
        node("MatMulInteger", ["yq", "matrix", "yz", "matrix_zero"], ["m"], name="product"),
        node("Cast", ["m"], ["mf"], to=TensorProto.FLOAT),
        node("Mul", ["mf", "scale2"], ["audio"]),
        node("Mul", ["convolved", "one"], [DURATIONS]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 5])]
    floats = {
        "kernel": (kernel.astype(np.float32) - 120) * kernel_scale,
        "matrix": matrix * matrix_scale,
        "bias": bias,
    }
    return _serialised(nodes, weights, inputs), floats
