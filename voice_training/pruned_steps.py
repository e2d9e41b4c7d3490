"""Steps in which the layers that touch mel frames have lost their smallest weights, so that a voice can lose them.

A mel frame is far from zero in every bin, so that a small weight of a layer that reads or writes frames carries a
constant, and many of them together a large one. Cut, they shift the frames as a whole; as many weights of the far
larger layers in between are missed much less. A model that now and then does without its small weights keeps such
constants where pruning leaves them: in biases and in large weights.
Source: dropout aimed at the smallest weights (targeted dropout; Gomez et al. 2019, arXiv 1905.13678).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.utils import prune as torch_prune
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.variants.patterns import selected_linears

TOUCHING_FRAMES = ("speecht5.decoder.prenet.layers.*", "speech_decoder_postnet.feat_out")
"""Names of the Linear layers that read frames and that write them."""


@contextmanager
def pruned_steps(model: SpeechT5ForTextToSpeech, amount: float) -> Iterator[None]:
    """Inside, the layers that touch frames are without that share of their weights, the smallest of each layer.

    Afterwards they have them back, and gradients that came up inside are zero where a weight was missing.
    """
    layers = [layer for _, layer in selected_linears(model, TOUCHING_FRAMES, ())] if amount > 0 else []
    whole = [layer.weight.detach().clone() for layer in layers]
    cut = torch_prune.L1Unstructured(amount)
    kept = [cut.compute_mask(weight, torch.ones_like(weight)) for weight in whole]
    with torch.no_grad():
        for layer, mask in zip(layers, kept, strict=True):
            layer.weight.mul_(mask)
    try:
        yield
    finally:
        with torch.no_grad():
            for layer, weight, mask in zip(layers, whole, kept, strict=True):
                layer.weight.copy_(weight)
                if layer.weight.grad is not None:
                    layer.weight.grad.mul_(mask)
