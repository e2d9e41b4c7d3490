"""Kokoro's ONNX graph in float32, telling how long each token lasts.

The packaged graph multiplies integers and keeps its durations to itself. Here every integer convolution and product
becomes one of the dequantised weights, which is as fast on a processor without VNNI and has no noise of quantised
activations, and the durations become a second output.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from voice_training import VoiceTrainingError

DURATIONS = "/encoder/Clip_output_0"
"""The tensor that holds each token's duration, a whole number of `DURATION_SAMPLES`."""

DURATION_SAMPLES = 600

_INTEGER_OPERATIONS = ("ConvInteger", "MatMulInteger")


def telling_durations(data: bytes, durations: str = DURATIONS) -> bytes:
    """The serialised model in float32, with `durations` as its last output.

    Raises:
        VoiceTrainingError: onnx is not installed, or the graph has no such tensor.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise VoiceTrainingError(
            "The natural teacher needs the package onnx, which is not installed. Run `make voice-teacher`."
        ) from error

    model = onnx.load_model_from_string(data)
    if all(durations not in node.output for node in model.graph.node):
        raise VoiceTrainingError(
            f"The natural teacher's model has no durations ({durations}): it is another model than the one "
            "that was tried. Run `make voice-teacher`."
        )
    _Dequantised(model.graph, onnx).replace_all()
    model.graph.output.append(helper.make_tensor_value_info(durations, onnx.TensorProto.FLOAT, None))
    _drop_unused(model.graph)
    serialised: bytes = model.SerializeToString()
    return serialised


class _Dequantised:
    """Replaces, in one graph, each integer operation and the nodes that scale its result.

    A product of integers is followed by an optional sum with a rounded bias, a cast to float and a product with both
    scales; one float operation on the unrounded input, with the unrounded bias, stands for all of them.
    """

    def __init__(self, graph: Any, onnx: Any) -> None:
        self._graph, self._onnx = graph, onnx
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        self._made_by = {name: node for node in graph.node for name in node.output}
        self._used_by: dict[str, list[Any]] = {}
        for node in graph.node:
            for name in node.input:
                self._used_by.setdefault(name, []).append(node)

    def replace_all(self) -> None:
        replaced: dict[int, Any] = {}
        gone: set[int] = set()
        for node in self._graph.node:
            if node.op_type in _INTEGER_OPERATIONS:
                replaced[id(node)], unneeded = self._in_float(node)
                gone.update(id(other) for other in unneeded)
        nodes = [replaced.get(id(node), node) for node in self._graph.node if id(node) not in gone]
        del self._graph.node[:]
        self._graph.node.extend(nodes)

    def _in_float(self, node: Any) -> tuple[Any, list[Any]]:
        """The float operation, and the nodes that it makes needless."""
        unneeded, bias = [], []
        cast = self._used_by[node.output[0]][0]
        if cast.op_type == "Add":
            bias = [self._unrounded(_other(cast, node.output[0]))]
            unneeded.append(cast)
            cast = self._used_by[cast.output[0]][0]
        scaled = self._used_by[cast.output[0]][0]
        scales = self._made_by[_other(scaled, cast.output[0])]
        rounded = self._made_by[node.input[0]]
        weight = self._dequantised(node, _other(scales, rounded.output[1]))
        operation = self._onnx.helper.make_node(
            node.op_type.removesuffix("Integer"),
            [rounded.input[0], weight, *bias],
            [scaled.output[0]],
            name=f"{node.name}_fp32",
        )
        operation.attribute.extend(node.attribute)
        return operation, [*unneeded, cast, scaled]

    def _unrounded(self, name: str) -> str:
        """The float bias that an integer one was made of, in its own shape."""
        while self._made_by[name].op_type != "Div":
            name = self._made_by[name].input[0]
        name = self._made_by[name].input[0]
        while name in self._made_by and self._made_by[name].op_type == "Reshape":
            name = self._made_by[name].input[0]
        return name

    def _dequantised(self, node: Any, scale_name: str) -> str:
        """The name of the operation's weights in float32, which are added where they are not there yet."""
        name = f"{node.input[1]}_fp32"
        if name not in self._weights:
            weight, zero = self._array(node.input[1]), self._array(node.input[3])
            scale = self._array(scale_name)
            if node.op_type == "ConvInteger":
                by_channel = (-1,) + (1,) * (weight.ndim - 1)
                zero = zero.reshape(by_channel) if zero.ndim else zero
                scale = scale.reshape(by_channel) if scale.size > 1 else scale.reshape(())
            values = np.ascontiguousarray((weight - zero) * scale, np.float32)
            self._weights[name] = self._onnx.numpy_helper.from_array(values, name)
            self._graph.initializer.append(self._weights[name])
        return name

    def _array(self, name: str) -> npt.NDArray[np.float32]:
        values: npt.NDArray[np.float32] = self._onnx.numpy_helper.to_array(self._weights[name])
        return values.astype(np.float32)


def _other(node: Any, name: str) -> str:
    """The input of a node of two inputs that is not `name`."""
    return next(str(other) for other in node.input if other != name)


def _drop_unused(graph: Any) -> None:
    """Remove nodes and weights that no output comes from."""
    outputs = {output.name for output in graph.output}
    nodes = list(graph.node)
    while True:
        needed = outputs.union(name for node in nodes for name in node.input)
        kept = [node for node in nodes if needed.intersection(node.output)]
        if len(kept) == len(nodes):
            break
        nodes = kept
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(weights)
