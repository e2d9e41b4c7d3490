"""From what people save to the plain weights of a network.

What only wraps the weights is taken off: names of torch.compile and of data-parallel training, weight norm of either
kind, pruning masks, half precision. What is not the weights themselves (a training's state, an adapter, integers of a
quantised model) is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from speecht5_demo.errors import CheckpointError

FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
_TRAINING_KEYS = (
    "optimizer",
    "optimizer_state_dict",
    "optimizer_states",
    "param_groups",
    "lr_scheduler",
    "epoch",
    "global_step",
    "loops",
    "trainer_state",
    "scaler",
)
_WRAPPED_KEYS = ("state_dict", "model_state_dict", "model", "module", "net", "generator", "ema")
_AROUND = ("module.", "model.", "tts.", "net.")
"""What stands in front of every name where the network was a part of something else; also one within another."""

_WITHOUT_VALUES = (".num_batches_tracked", ".position_ids")
"""Integers that belong to a network of floats."""
_QUANTIZED_PARTS = {
    "GPTQ or AWQ": (".qweight", ".qzeros", ".g_idx"),
    "bitsandbytes": (".SCB", ".absmax", ".quant_map", ".nested_absmax", ".weight_format", ".bitsandbytes__nf4",
                     ".bitsandbytes__fp4"),
    "torchao": (":_data", ":int_data", ":qdata", "_qdata", ".int_data", ".qdata", ".tensor_impl"),
    "optimum-quanto": ("._data", "._scale", ".input_scale", ".output_scale"),
    "torch.ao": ("._packed_params.dtype", "._packed_params._packed_params", "._packed_params", ".zero_point"),
    "an INT8 export": (".int8",),
}  # fmt: skip
"""Who stores a layer's integers -> how the names end that it puts beside or in the place of a weight."""


def plain_weights(stored: Mapping[str, object], path: Path) -> dict[str, Tensor]:
    """The weights by the names that the network gives them, in any float type.

    Args:
        stored: what the file holds, by name.
        path: for messages.

    Raises:
        CheckpointError: it is something else; the message says what.
    """
    _refuse_other_things(stored, path)
    weights: dict[str, Tensor] = {}
    for name, value in stored.items():
        if not isinstance(value, Tensor):
            raise CheckpointError(
                f"{path}: {name} is a {type(value).__name__}, not a tensor. Save the model's state_dict alone."
            )
        weights[_unwrapped(name)] = value
    while shared := next(
        (one for one in _AROUND if weights and all(name.startswith(one) for name in weights)), None
    ):
        weights = {name.removeprefix(shared): value for name, value in weights.items()}
    _require_real_values(weights, path)
    return _without_masks(_without_weight_norm(weights, path), path)


def _unwrapped(name: str) -> str:
    """The name without the parts that torch.compile puts in, wherever a compiled module stood."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


def _refuse_other_things(stored: Mapping[str, object], path: Path) -> None:
    names = [str(name) for name in stored]
    if any(".lora_" in name or name.startswith("base_model.model.") for name in names):
        raise CheckpointError(
            f"{path} is a LoRA adapter, not a whole model: merge it with merge_and_unload() and save the result."
        )
    training = [name for name in _TRAINING_KEYS if name in stored]
    wrapped = [name for name in _WRAPPED_KEYS if isinstance(stored.get(name), Mapping)]
    if training or wrapped:
        raise CheckpointError(
            f"{path} is the state of a training ({', '.join(training + wrapped)}), not the weights alone: "
            "save the model itself with save_pretrained."
        )
    for tool, endings in _QUANTIZED_PARTS.items():
        part = next((name for name in names if name.endswith(endings)), None)
        if part is not None:
            raise CheckpointError(
                f"{path} is a quantised model of {tool} ({part}): its layers are stored as integers, and steps start "
                "from floats. Give the model as it was before, and choose an INT8 variant."
            )


def _require_real_values(weights: Mapping[str, Tensor], path: Path) -> None:
    for name, value in weights.items():
        if value.is_quantized or (
            value.dtype not in FLOATS and not name.endswith((*_WITHOUT_VALUES, "_mask"))
        ):
            raise CheckpointError(
                f"{path} is a quantised model: {name} is stored as {str(value.dtype).removeprefix('torch.')}, and "
                "steps start from floats. Give the model as it was before, and choose an INT8 variant."
            )
        held = 0 if value.layout != torch.strided else value.untyped_storage().nbytes()
        if value.is_meta or held < value.numel() * value.element_size():
            raise CheckpointError(f"{path}: {name} does not hold all of its values. Save the model again.")


def _without_weight_norm(weights: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Length times direction, of `torch.nn.utils.weight_norm` and of its successor among the parametrizations."""
    for length, direction in (("_g", "_v"), (".original0", ".original1")):
        for name in [name for name in weights if name.endswith(length)]:
            stem = name.removesuffix(length)
            owner = stem.replace(".parametrizations.", ".").removeprefix("parametrizations.")
            weights = _merged(weights, name, f"{stem}{direction}", owner, _normed, path)
    return weights


def _without_masks(weights: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """What `torch.nn.utils.prune` keeps while it prunes, multiplied out."""
    for name in [name for name in weights if name.endswith("_mask")]:
        stem = name.removesuffix("_mask")
        weights = _merged(weights, name, f"{stem}_orig", stem, lambda mask, weight: weight * mask, path)
    return weights


def _merged(
    weights: dict[str, Tensor],
    first: str,
    second: str,
    name: str,
    make: Callable[[Tensor, Tensor], Tensor],
    path: Path,
) -> dict[str, Tensor]:
    """The weights with `name` in the place of the two tensors that it is made of."""
    if second not in weights:
        raise CheckpointError(f"{path} holds {first} but not {second}. Save the whole model again.")
    one, other = weights[first], weights[second]
    if one.numel() > other.numel() or (one.dim() not in (0, other.dim())):
        raise CheckpointError(
            f"{path}: {first} of shape {tuple(one.shape)} does not belong to {second} of shape {tuple(other.shape)}."
        )
    try:
        made = make(one.float(), other.float())
    except RuntimeError as error:
        raise CheckpointError(f"{path}: {first} does not belong to {second} ({error}).") from error
    return {key: value for key, value in weights.items() if key not in (first, second)} | {name: made}


def _normed(length: Tensor, direction: Tensor) -> Tensor:
    """The dimension whose vectors have the length is the one along which there are several lengths."""
    if length.dim() == 0:
        spread = direction.norm()
    else:
        across = [index for index, size in enumerate(length.shape) if size == 1]
        spread = torch.linalg.vector_norm(direction, dim=across, keepdim=True)
    normed: Tensor = direction * (length / spread)
    return normed
