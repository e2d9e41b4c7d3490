"""Where the decoder looked: the cross-attention of a finished run.

The loops never form these weights; their fused kernels keep them to themselves, and that is part of their speed. But
once a run is over, what each step was given is known, so all steps go through the variant's own layers at once, and
what comes out is what the run made.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from speecht5_demo.synthesis.turbo.decoding import Prompt, TorchDecoder


def look_back(decoder: TorchDecoder, prompt: Prompt, frames: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-attention of a run, float32 (layers, heads, steps, tokens), and the frames of this second pass.

    Args:
        decoder: the weights that ran.
        prompt: what ran.
        frames: what the run made, before the postnet; float32 (steps * reduction, mel bins).
    """
    shape, width, eps = decoder.shape, (decoder.hidden,), decoder.shape.norm_eps
    steps, heads, size = frames.shape[0] // shape.reduction, shape.heads, decoder.hidden // shape.heads
    act = F.gelu if shape.activation == "gelu" else F.relu
    made = frames.view(steps, shape.reduction, shape.mel_bins)
    hidden = torch.cat([made.new_zeros(1, shape.mel_bins), made[:-1, -1]])
    for layer, mask in zip(decoder.prenet, prompt.masks.table(steps).unbind(1), strict=True):
        hidden = F.relu(layer(hidden)) * mask
    spoken = decoder.speaker(prompt.speaker[None])
    hidden = F.relu(decoder.prenet_last(hidden) + spoken + decoder.positions[:steps])
    looks = []
    for (qkv, out, cross_q, cross_out, up, down, norm1, norm2, norm3), cross in zip(
        decoder.layers, prompt.cross, strict=True
    ):
        query, key, value = qkv(hidden).view(steps, 3, heads, size).permute(1, 2, 0, 3)
        mixed = F.scaled_dot_product_attention(query[None], key[None], value[None], is_causal=True)[0]
        hidden = F.layer_norm(out(_rows(mixed)) + hidden, width, *norm1, eps)
        query = cross_q(hidden).view(steps, heads, size).transpose(0, 1)
        looks.append(torch.softmax(query @ cross[0].transpose(1, 2) * size**-0.5, dim=-1))
        hidden = F.layer_norm(cross_out(_rows(looks[-1] @ cross[1])) + hidden, width, *norm2, eps)
        hidden = F.layer_norm(down(act(up(hidden))) + hidden, width, *norm3, eps)
    again = decoder.head(hidden)[:, : shape.reduction * shape.mel_bins]
    return torch.stack(looks), again.reshape(-1, shape.mel_bins)


def _rows(mixed: Tensor) -> Tensor:
    """(heads, steps, size) to (steps, heads * size)."""
    return mixed.transpose(0, 1).flatten(1).contiguous()
