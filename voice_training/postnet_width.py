"""Give a trained acoustic model a postnet of another width without teaching it anew."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import torch
from torch import Tensor
from transformers import SpeechT5ForTextToSpeech

_POSTNET = "speech_decoder_postnet.layers."


@torch.no_grad()
def with_postnet_units(model: SpeechT5ForTextToSpeech, units: int) -> SpeechT5ForTextToSpeech:
    """The same model with `units` channels in each inner layer of its postnet.

    A wider postnet starts as the old one: nothing listens to its further channels yet. A narrower one keeps the
    channels that the next layer hears loudest, and has to be trained a little.
    """
    present = model.config.speech_decoder_postnet_units
    if units == present:
        return model
    weights = model.state_dict()
    if units < present:
        _narrow(weights, model.config.speech_decoder_postnet_layers, units)
    config = copy.deepcopy(model.config)
    config.speech_decoder_postnet_units = units
    new = SpeechT5ForTextToSpeech(config)
    fresh = new.state_dict()
    new.load_state_dict({name: _in_shape(weights[name], fresh[name]) for name in fresh})
    new.train(model.training)
    return new


def _narrow(weights: dict[str, Tensor], layers: int, units: int) -> None:
    """Leave only the loudest channels between each two layers."""
    for first, second in itertools.pairwise(range(layers)):
        gain = weights[f"{_POSTNET}{first}.batch_norm.weight"].abs()
        listening: Any = weights[f"{_POSTNET}{second}.conv.weight"].norm(dim=(0, 2))
        kept = (gain * listening).argsort(descending=True)[:units].sort().values
        for name in list(weights):
            if name.startswith(f"{_POSTNET}{first}.") and weights[name].dim() > 0:
                weights[name] = weights[name][kept]
        weights[f"{_POSTNET}{second}.conv.weight"] = weights[f"{_POSTNET}{second}.conv.weight"][:, kept]


def _in_shape(known: Tensor, fresh: Tensor) -> Tensor:
    """`known` in the corner of a larger `fresh`, whose further inputs count for nothing until they are trained."""
    if known.shape == fresh.shape:
        return known
    wider = fresh.clone()
    if known.dim() > 1:
        wider[:, known.shape[1] :] = 0
    wider[tuple(slice(0, size) for size in known.shape)] = known
    return wider
