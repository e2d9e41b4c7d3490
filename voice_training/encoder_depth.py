"""Give a trained acoustic model further encoder layers without teaching it anew."""

from __future__ import annotations

import copy
from typing import Any

import torch
from transformers import SpeechT5ForTextToSpeech

_LAYERS = "speecht5.encoder.wrapped_encoder.layers."
_OUTPUTS = ("attention.out_proj", "feed_forward.output_dense")


@torch.no_grad()
def with_encoder_layers(model: SpeechT5ForTextToSpeech, layers: int) -> SpeechT5ForTextToSpeech:
    """The same model with `layers` encoder layers, at least as many as it has.

    A further layer starts as a copy of the last that adds nothing yet. It normalises once more what the last gave, so
    that the model is near to what it was, not the same: a few hundred steps bring it back.
    """
    present = model.config.encoder_layers
    if layers == present:
        return model
    config = copy.deepcopy(model.config)
    config.encoder_layers = layers
    weights = model.state_dict()
    last = f"{_LAYERS}{present - 1}."
    for name in [name for name in weights if name.startswith(last)]:
        part = name.removeprefix(last)
        for layer in range(present, layers):
            weights[f"{_LAYERS}{layer}.{part}"] = _silent(part, weights[name])
    deeper = SpeechT5ForTextToSpeech(config)
    deeper.load_state_dict(weights)
    deeper.train(model.training)
    return deeper


def _silent(part: str, weights: Any) -> Any:
    """Weights of that name in a layer that adds nothing."""
    if part.startswith(_OUTPUTS) or part == "layer_norm.bias":
        return torch.zeros_like(weights)
    return torch.ones_like(weights) if part == "layer_norm.weight" else weights.clone()
