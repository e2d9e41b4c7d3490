"""Everything that speaking needs, as plain tensors: no module, no configuration class, nothing to construct.

So a saved variant loads without the fp32 model ever existing, and any loop (PyTorch, C++) reads the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from speecht5_demo.variants.sizes import TensorCounts
from speecht5_demo.variants.turbo.linear import Linear


@dataclass(frozen=True)
class AcousticShape:
    """Sizes of the acoustic model that no tensor tells.

    Attributes:
        heads, encoder_heads: attention heads of a decoder and of an encoder layer.
        encoder_layers, decoder_layers: how many of each.
        relative_positions: farthest distance, in tokens, that the encoder tells apart.
        mel_bins: values of a frame.
        reduction: frames a decoder step makes.
        prenet_layers, prenet_units, prenet_p: of the dropout that stays on; see `DropoutMasks`.
        norm_eps: of every layer norm.
        activation: of the feed-forward blocks, `gelu` or `relu`.
    """

    heads: int
    encoder_heads: int
    encoder_layers: int
    decoder_layers: int
    relative_positions: int
    mel_bins: int
    reduction: int
    prenet_layers: int
    prenet_units: int
    prenet_p: float
    norm_eps: float
    activation: str


@dataclass(frozen=True)
class VocoderShape:
    """Sizes of the vocoder that no tensor tells.

    Attributes:
        rates: upsampling factors, one a stage; their product is the samples of a mel frame.
        kernels: kernel size of each residual block of a stage.
        dilations: dilations of each residual block's convolutions.
        slope: of the leaky ReLUs.
        normalize: whether frames are normalised by the stored mean and scale first.
        sampling_rate: in Hz.
    """

    rates: tuple[int, ...]
    upsample_kernels: tuple[int, ...]
    kernels: tuple[int, ...]
    dilations: tuple[tuple[int, ...], ...]
    slope: float
    normalize: bool
    sampling_rate: int

    @property
    def hop(self) -> int:
        """Samples a mel frame becomes."""
        product = 1
        for rate in self.rates:
            product *= rate
        return product


@dataclass(frozen=True, eq=False)
class TurboWeights:
    """One variant, folded.

    Linear layers are named `encoder.N.{qkv,out,up,down}`, `decoder.N.{qkv,out,cross_q,cross_kv,cross_out,up,down}`,
    `prenet.N`, `prenet.last` and `head`; the rest (norms, tables, convolutions) are named tensors.

    Attributes:
        shape: of the acoustic model.
        linears: by name; those of an artifact are read from disk at each access.
        tensors: by name, float32; those of the vocoder begin with `vocoder.` and may be bfloat16, or
            int8 with a `scale` an output and the `range` of the inputs beside them.
        vocoder: its shape.
        quantized: whether any linear layer is stored in integers; told rather than looked up, since a look reads it.
    """

    shape: AcousticShape
    vocoder: VocoderShape
    linears: Mapping[str, Linear]
    tensors: Mapping[str, Tensor]
    quantized: bool

    def norm(self, name: str) -> tuple[Tensor, Tensor]:
        """Weight and bias of the layer norm `name`."""
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]

    @property
    def hidden(self) -> int:
        """Width of the model."""
        return self.linears["head"].inputs

    def flat(self) -> dict[str, Tensor]:
        """Every tensor under one name, as an artifact stores them."""
        stored = dict(self.tensors)
        for name, layer in self.linears.items():
            stored[f"linear.{name}.weight"] = layer.weight
            stored[f"linear.{name}.bias"] = layer.bias
            if layer.scale is not None:
                stored[f"linear.{name}.scale"] = layer.scale
        return stored

    def counts(self) -> TensorCounts:
        """Bytes of all tensors, and how many weights there are; scales and ranges are no weights."""
        return TensorCounts(
            resident_bytes=sum(tensor.numel() * tensor.element_size() for tensor in self.flat().values()),
            parameters=sum(tensor.numel() * _values(tensor) for tensor in self._parameters()),
            nonzero_parameters=sum(_nonzero(tensor) for tensor in self._parameters()),
        )

    def _parameters(self) -> Iterator[Tensor]:
        for layer in self.linears.values():
            yield layer.weight
            yield layer.bias
        for name, tensor in self.tensors.items():
            owner, _, part = name.rpartition(".")
            if part in ("weight", "bias") or f"{owner}.range" not in self.tensors:
                yield tensor


def _values(tensor: Tensor) -> int:
    """Weights that one element of the tensor holds."""
    return 2 if tensor.dtype == torch.uint8 else 1


def _nonzero(tensor: Tensor) -> int:
    if tensor.dtype == torch.uint8:
        return int(torch.count_nonzero((tensor & 15) != 8) + torch.count_nonzero((tensor >> 4) != 8))
    return int(torch.count_nonzero(tensor))
