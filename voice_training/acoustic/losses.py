"""What the acoustic model is taught: the frames, when to stop, and where in the text its attention should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils import prune as torch_prune
from transformers import SpeechT5ForTextToSpeech

from speecht5_demo.variants.layers import selected_linears
from voice_training.acoustic.batches import AcousticClips, Batch
from voice_training.devices import mixed_precision

_GUIDED_HEADS = 2
_STOP_WEIGHT = 10.0

TOUCHING_FRAMES = ("speecht5.decoder.prenet.layers.*", "speech_decoder_postnet.feat_out")
"""Names of the Linear layers that read mel frames and that write them."""


def shifted_frames(batch: Batch) -> Tensor:
    """What the decoder hears at each step: silence first, then the last frame of the step before, (B, S, 80)."""
    heard = batch.mel[:, batch.reduction - 1 :: batch.reduction]
    return F.pad(heard[:, :-1], (0, 0, 1, 0))


def decoded(model: SpeechT5ForTextToSpeech, batch: Batch, heard: Tensor, attentions: bool = False) -> Any:
    """The decoder's Seq2SeqModelOutput for the batch's text when it hears those frames, (B, S, 80)."""
    return model.speecht5(
        input_values=batch.tokens,
        attention_mask=batch.token_mask,
        decoder_input_values=heard,
        speaker_embeddings=batch.speakers,
        use_cache=False,
        output_attentions=attentions,
    )


@torch.no_grad()
def predicted_frames(model: SpeechT5ForTextToSpeech, clips: AcousticClips, frames: int) -> Tensor:
    """What the model makes of every clip when it hears the teacher's frames: float16, clips in `clips.order`."""
    predicted = []
    for batch in clips.batches_in_order(frames):
        with mixed_precision(clips.device):
            output = decoded(model, batch, shifted_frames(batch))
            after = model.speech_decoder_postnet(output.last_hidden_state)[1]
        predicted.append(after[batch.frame_mask.bool()].half())
    return torch.cat(predicted)


@torch.no_grad()
def own_frames(model: SpeechT5ForTextToSpeech, batch: Batch, share: float) -> Tensor:
    """Decoder input in which about that share of the frames is the model's own guess (scheduled sampling).

    While speaking, the model only ever hears itself; trained on the teacher's frames alone, its small errors pile up.
    """
    heard = shifted_frames(batch)
    output = decoded(model, batch, heard)
    guess = model.speech_decoder_postnet.feat_out(output.last_hidden_state).float()[:, :, -heard.shape[2] :]
    guess = F.pad(guess[:, :-1], (0, 0, 1, 0))
    chosen = torch.rand(heard.shape[:2], device=heard.device) < share
    return torch.where(chosen[:, :, None], guess, heard)


def acoustic_losses(
    model: SpeechT5ForTextToSpeech, batch: Batch, heard: Tensor, alignment_weight: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss to descend, and its parts by name (each a mean over what is not padding)."""
    output = decoded(model, batch, heard, attentions=True)
    before, after, stop_scores = model.speech_decoder_postnet(output.last_hidden_state)
    return losses_from(before, after, stop_scores, output.cross_attentions, batch, alignment_weight)


def losses_from(
    before: Tensor,
    after: Tensor,
    stop_scores: Tensor,
    attentions: Sequence[Tensor],
    batch: Batch,
    alignment_weight: float,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The same of frames before and after the postnet, (B, T, 80), stop scores, (B, T), and the layers' attention."""
    weight = batch.frame_mask[:, :, None] / (batch.frame_mask.sum() * batch.mel.shape[2])
    l1_before = ((before - batch.mel).abs() * weight).sum()
    l1_after = ((after - batch.mel).abs() * weight).sum()
    l2 = (((before - batch.mel) ** 2 + (after - batch.mel) ** 2) * weight).sum()
    last = batch.stop.repeat_interleave(batch.reduction, 1)
    stop = F.binary_cross_entropy_with_logits(
        stop_scores.float(), last, weight=1 + (_STOP_WEIGHT - 1) * last, reduction="none"
    )
    stop_loss = (stop * batch.frame_mask).sum() / batch.frame_mask.sum()
    alignment_loss = _alignment_loss(attentions, batch)
    total = l1_before + l1_after + 0.25 * l2 + 0.5 * stop_loss + alignment_weight * alignment_loss
    return total, {"l1": l1_after, "stop": stop_loss, "alignment": alignment_loss}


def _alignment_loss(attentions: Sequence[Tensor], batch: Batch) -> Tensor:
    """Cross-entropy of two heads a layer to the soft alignment of the teacher."""
    losses = []
    for attention in attentions:
        heads = min(_GUIDED_HEADS, attention.shape[1])
        surprise = -torch.log(attention[:, :heads].float() + 1e-5) * batch.alignment[:, None]
        losses.append((surprise.sum(-1) * batch.step_mask[:, None]).sum() / (heads * batch.step_mask.sum()))
    return torch.stack(losses).mean()


@contextmanager
def pruned_steps(model: SpeechT5ForTextToSpeech, amount: float) -> Iterator[None]:
    """Inside, the layers that touch frames are without that share of their weights, the smallest of each layer.

    Afterwards they have them back, and gradients that came up inside are zero where a weight was missing. A mel frame
    is far from zero in every bin, so that a small weight of such a layer carries a constant, and many of them together
    a large one; cut, they shift the frames as a whole. A model that now and then does without them keeps its constants
    where pruning leaves them: in biases and in large weights.
    Source: targeted dropout; Gomez et al. 2019, arXiv 1905.13678.
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
