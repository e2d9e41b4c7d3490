"""What the library can do, with its types: packed linear layers, and the decoder built of them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, c_double, c_float, c_int, c_void_p

import torch
from torch import Tensor

from speecht5_demo.synthesis.native.library import library
from speecht5_demo.variants.turbo import Linear

CHUNK = 128
"""Steps of one chunk of the cache; as in decoder.cpp."""
ACTIVATIONS = {None: 0, "relu": 1, "gelu": 2}
_STORAGE = {"fp32": 0, "int8": 1, "int4": 2, "fixed": 3}


class Shape(ctypes.Structure):
    """`Shape` of decoder.cpp."""

    _fields_ = (
        *((name, c_int) for name in ("layers", "heads", "size", "prenet_layers", "prenet_units")),
        *((name, c_int) for name in ("mel_bins", "reduction", "activation", "threads", "half")),
        ("eps", c_float),
    )


class EncoderShape(ctypes.Structure):
    """`EncoderShape` of encoder.cpp."""

    _fields_ = (
        *((name, c_int) for name in ("layers", "heads", "size", "activation", "farthest")),
        ("eps", c_float),
    )


class Row(ctypes.Structure):
    """`Row` of decoder.cpp."""

    _fields_ = (
        *((name, POINTER(c_void_p)) for name in ("keys", "values")),
        *((name, c_void_p) for name in ("cross_keys", "cross_values", "spoken", "masks", "frames", "last")),
        *((name, c_int) for name in ("padded", "tokens", "min_steps", "max_steps")),
        ("threshold", c_float),
        ("ended", c_int),
    )


def load() -> ctypes.CDLL | None:
    """The library with its functions typed, or None where it is not to be had."""
    native = library()
    if native is None:
        return None
    native.linear_new.restype = c_void_p
    native.linear_new.argtypes = [c_int, c_int, c_int, c_void_p, c_void_p, c_void_p]
    native.linear_free.restype = None
    native.linear_free.argtypes = [c_void_p]
    native.linear_apply.restype = None
    native.linear_apply.argtypes = [c_void_p, c_void_p, c_int, c_void_p, c_int, c_int]
    native.encoder_new.restype = c_void_p
    native.encoder_new.argtypes = [POINTER(EncoderShape), POINTER(c_void_p), POINTER(c_void_p), c_void_p]
    native.encoder_free.restype = None
    native.encoder_free.argtypes = [c_void_p]
    native.encoder_run.restype = None
    native.encoder_run.argtypes = [c_void_p, c_void_p, POINTER(c_int), c_int, c_int]
    native.postnet_new.restype = c_void_p
    native.postnet_new.argtypes = [c_int, *[POINTER(c_int)] * 2, *[POINTER(c_void_p)] * 2]
    native.postnet_free.restype = None
    native.postnet_free.argtypes = [c_void_p]
    native.postnet_run.restype = None
    native.postnet_run.argtypes = [c_void_p, c_void_p, c_int, c_int, c_int, c_void_p, c_int]
    native.decoder_new.restype = c_void_p
    native.decoder_new.argtypes = [POINTER(Shape), POINTER(c_void_p), POINTER(c_void_p), c_void_p]
    native.decoder_free.restype = None
    native.decoder_free.argtypes = [c_void_p]
    native.decoder_run.restype = c_int
    native.decoder_run.argtypes = [c_void_p, POINTER(Row), c_int, c_int, c_int, c_int, POINTER(c_double)]
    return native


def pointers(tensors: Sequence[Tensor]) -> ctypes.Array[c_void_p]:
    """Addresses of tensors, which the caller has to keep alive."""
    return (c_void_p * len(tensors))(*(tensor.data_ptr() for tensor in tensors))


class PackedLinear:
    """A linear layer in the library's own layout; the tensors it was made from are not kept.

    Each row is quantised by itself and summed in a fixed order: its result is the same in any batch.

    Args:
        native: the library.
        layer: what is packed.
        fixed: keep weights of float32 as whole numbers of 24 bits and a scale an output. They err by 2^-23 of the
            largest, and one row, which waits for memory, is done in three quarters of the time.
    """

    def __init__(self, native: ctypes.CDLL, layer: Linear, fixed: bool = False) -> None:
        self._native = native
        self.inputs, self.outputs = layer.inputs, layer.outputs
        weight, bias = layer.weight.contiguous(), layer.bias.contiguous()
        scale = None if layer.scale is None else layer.scale.contiguous()
        self.handle: int = native.linear_new(
            _STORAGE["fixed" if fixed and layer.storage == "fp32" else layer.storage],
            layer.outputs,
            layer.inputs,
            weight.data_ptr(),
            None if scale is None else scale.data_ptr(),
            bias.data_ptr(),
        )

    def __call__(self, rows: Tensor, activation: str | None = None) -> Tensor:
        """float32 (rows, in) to float32 (rows, out), through `relu` or `gelu` where one is named."""
        rows = rows.contiguous()
        made = torch.empty(rows.shape[0], self.outputs)
        threads, act = torch.get_num_threads(), ACTIVATIONS[activation]
        self._native.linear_apply(self.handle, rows.data_ptr(), rows.shape[0], made.data_ptr(), act, threads)
        return made

    def __del__(self) -> None:
        if hasattr(self, "handle"):
            self._native.linear_free(self.handle)
