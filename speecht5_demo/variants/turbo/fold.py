"""From transformers' modules to folded weights.

Folding changes no result beyond float32 rounding (products of weights are formed in float64): query, key and value
become one matrix; the prenet's last layer is multiplied into the speaker layer behind it (nothing non-linear lies
between them); positions and the bias of that layer become one table; the mel and stop heads become one matrix; batch
norms vanish into the convolutions before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import Tensor, nn

from speecht5_demo.errors import VariantError
from speecht5_demo.variants.turbo.linear import Linear, quantized
from speecht5_demo.variants.turbo.weights import AcousticShape, TurboWeights, VocoderShape

Rules = Sequence[tuple[str, str]]
"""(pattern of folded layer names, storage) pairs; the first that matches decides. No match means fp32."""


@torch.no_grad()
def fold(
    acoustic: Any,
    vocoder: Any,
    rules: Rules = (),
    vocoder_dtype: torch.dtype = torch.float32,
    ranges: Mapping[str, Tensor] | None = None,
) -> TurboWeights:
    """Fold a `SpeechT5ForTextToSpeech` and a `SpeechT5HifiGan` whose Linear layers are float32.

    `vocoder_dtype` and `ranges` are those of `fold_vocoder`.

    Raises:
        VariantError: a layer was quantised already, a rule matches nothing, or the architecture has parts that the
            folded form has not.
    """
    shape = _acoustic_shape(acoustic.config)
    linears: dict[str, Linear] = {}
    tensors: dict[str, Tensor] = {}
    _fold_encoder(acoustic.speecht5.encoder, linears, tensors)
    _fold_decoder(acoustic.speecht5.decoder, linears, tensors)
    _fold_heads(acoustic.speech_decoder_postnet, linears, tensors)
    for pattern, _ in rules:
        if not any(fnmatchcase(name, pattern) for name in linears):
            raise VariantError(
                f"The pattern {pattern!r} matches no folded layer; their names look like "
                "'decoder.0.qkv', 'encoder.3.up', 'prenet.0' or 'head'."
            )
    stored = {name: quantized(layer, _storage(name, rules)) for name, layer in linears.items()}
    vocoder_shape, vocoder_tensors = fold_vocoder(vocoder, vocoder_dtype, ranges)
    in_integers = any(layer.scale is not None for layer in stored.values())
    return TurboWeights(shape, vocoder_shape, stored, tensors | vocoder_tensors, in_integers)


@torch.no_grad()
def fold_vocoder(
    vocoder: Any, dtype: torch.dtype = torch.float32, ranges: Mapping[str, Tensor] | None = None
) -> tuple[VocoderShape, dict[str, Tensor]]:
    """Shape and tensors of a `SpeechT5HifiGan`.

    Args:
        vocoder: the module.
        dtype: of stored weights; biases, mean and scale stay in float32.
        ranges: convolutions to store in int8 instead, with the lowest and the highest value that each reads.
    """
    config = vocoder.config
    tensors: dict[str, Tensor] = {}
    for name, module in vocoder.named_modules():
        if isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            weight = module.weight.detach()
            if ranges is not None and name in ranges:
                flat = quantized(Linear(weight.flatten(1), torch.zeros(len(weight))), "int8")
                assert flat.scale is not None
                tensors[f"vocoder.{name}.weight"] = flat.weight.view_as(weight).contiguous()
                tensors[f"vocoder.{name}.scale"] = flat.scale
                tensors[f"vocoder.{name}.range"] = ranges[name]
            else:
                tensors[f"vocoder.{name}.weight"] = weight.to(dtype).contiguous()
            tensors[f"vocoder.{name}.bias"] = _bias(module)
    tensors["vocoder.mean"] = vocoder.mean.detach().float().contiguous()
    tensors["vocoder.scale"] = vocoder.scale.detach().float().contiguous()
    shape = VocoderShape(
        rates=tuple(config.upsample_rates),
        upsample_kernels=tuple(config.upsample_kernel_sizes),
        kernels=tuple(config.resblock_kernel_sizes),
        dilations=tuple(tuple(dilation) for dilation in config.resblock_dilation_sizes),
        slope=config.leaky_relu_slope,
        normalize=config.normalize_before,
        sampling_rate=config.sampling_rate,
    )
    return shape, tensors


def _storage(name: str, rules: Rules) -> str:
    return next((storage for pattern, storage in rules if fnmatchcase(name, pattern)), "fp32")


def _acoustic_shape(config: Any) -> AcousticShape:
    if config.hidden_act not in {"gelu", "relu"}:
        raise VariantError(
            f"The turbo engine knows the activations gelu and relu, not {config.hidden_act!r}: "
            "use a variant without it."
        )
    return AcousticShape(
        heads=config.decoder_attention_heads,
        encoder_heads=config.encoder_attention_heads,
        encoder_layers=config.encoder_layers,
        decoder_layers=config.decoder_layers,
        relative_positions=config.encoder_max_relative_position,
        mel_bins=config.num_mel_bins,
        reduction=config.reduction_factor,
        prenet_layers=config.speech_decoder_prenet_layers,
        prenet_units=config.speech_decoder_prenet_units,
        prenet_p=config.speech_decoder_prenet_dropout,
        norm_eps=config.layer_norm_eps,
        activation=config.hidden_act,
    )


def _bias(module: Any) -> Tensor:
    if module.bias is None:
        return torch.zeros(module.weight.shape[0])
    bias: Tensor = module.bias.detach().float().clone()
    return bias


def _stacked(*layers: Any) -> Linear:
    """Layers of one input, their outputs one after the other."""
    for layer in layers:
        if not isinstance(layer, nn.Linear):
            raise VariantError(
                f"Cannot fold a {type(layer).__name__}: the turbo step quantises by itself, so it has to be the "
                "only quantising step of a recipe."
            )
    weight = torch.cat([layer.weight.detach() for layer in layers]).float()
    return Linear(weight, torch.cat([_bias(layer) for layer in layers]))


def _norm(name: str, module: Any, tensors: dict[str, Tensor]) -> None:
    tensors[f"{name}.weight"] = module.weight.detach().float().clone()
    tensors[f"{name}.bias"] = module.bias.detach().float().clone()


def _fold_encoder(encoder: Any, linears: dict[str, Linear], tensors: dict[str, Tensor]) -> None:
    prenet, stack = encoder.prenet, encoder.wrapped_encoder
    positions = prenet.encode_positions
    tensors["encoder.tokens"] = prenet.embed_tokens.weight.detach().float().clone()
    tensors["encoder.positions"] = (positions.alpha * positions.pe[0]).detach().clone()
    tensors["encoder.relative"] = stack.embed_positions.pe_k.weight.detach().float().clone()
    _norm("encoder.norm", stack.layer_norm, tensors)
    for index, layer in enumerate(stack.layers):
        name, attention = f"encoder.{index}", layer.attention
        linears[f"{name}.qkv"] = _stacked(attention.q_proj, attention.k_proj, attention.v_proj)
        linears[f"{name}.out"] = _stacked(attention.out_proj)
        linears[f"{name}.up"] = _stacked(layer.feed_forward.intermediate_dense)
        linears[f"{name}.down"] = _stacked(layer.feed_forward.output_dense)
        _norm(f"{name}.norm1", layer.layer_norm, tensors)
        _norm(f"{name}.norm2", layer.final_layer_norm, tensors)


def _fold_decoder(decoder: Any, linears: dict[str, Linear], tensors: dict[str, Tensor]) -> None:
    prenet = decoder.prenet
    for index, layer in enumerate(prenet.layers):
        linears[f"prenet.{index}"] = _stacked(layer)
    last, speaker = _stacked(prenet.final_layer), _stacked(prenet.speaker_embeds_layer)
    hidden = last.outputs
    for_hidden, for_speaker = speaker.weight[:, :hidden].double(), speaker.weight[:, hidden:]
    positions = prenet.encode_positions
    table = last.bias.double() + positions.alpha.detach().double() * positions.pe[0].double()
    linears["prenet.last"] = Linear((for_hidden @ last.weight.double()).float(), torch.zeros(hidden))
    tensors["prenet.positions"] = (table @ for_hidden.T).float()
    tensors["prenet.speaker.weight"] = for_speaker.contiguous()
    tensors["prenet.speaker.bias"] = speaker.bias
    for index, layer in enumerate(decoder.wrapped_decoder.layers):
        name, own, cross = f"decoder.{index}", layer.self_attn, layer.encoder_attn
        linears[f"{name}.qkv"] = _stacked(own.q_proj, own.k_proj, own.v_proj)
        linears[f"{name}.out"] = _stacked(own.out_proj)
        linears[f"{name}.cross_q"] = _stacked(cross.q_proj)
        linears[f"{name}.cross_kv"] = _stacked(cross.k_proj, cross.v_proj)
        linears[f"{name}.cross_out"] = _stacked(cross.out_proj)
        linears[f"{name}.up"] = _stacked(layer.feed_forward.intermediate_dense)
        linears[f"{name}.down"] = _stacked(layer.feed_forward.output_dense)
        _norm(f"{name}.norm1", layer.self_attn_layer_norm, tensors)
        _norm(f"{name}.norm2", layer.encoder_attn_layer_norm, tensors)
        _norm(f"{name}.norm3", layer.final_layer_norm, tensors)


def _fold_heads(heads: Any, linears: dict[str, Linear], tensors: dict[str, Tensor]) -> None:
    linears["head"] = _stacked(heads.feat_out, heads.prob_out)
    for index, layer in enumerate(heads.layers):
        norm = layer.batch_norm
        gain = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
        kernel = layer.conv.weight.detach().double() * gain[:, None, None]
        tensors[f"postnet.{index}.weight"] = kernel.float().contiguous()
        tensors[f"postnet.{index}.bias"] = (norm.bias.detach() - norm.running_mean.double() * gain).float()
