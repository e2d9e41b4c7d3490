"""What the acoustic model is taught: the frames, when to stop, and where in the text it should be listening
to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_batches import AcousticClips, Batch
from voice_training.mixed_precision import mixed_precision

_GUIDED_HEADS = 2
_STOP_WEIGHT = 10.0


def shifted_frames(batch: Batch) -> Tensor:
    """What the decoder hears at each step: silence first, then the last frame of the step before, (B, S, 80)."""
    heard = batch.mel[:, batch.reduction - 1 :: batch.reduction]
    return F.pad(heard[:, :-1], (0, 0, 1, 0))


def decoded(model: SpeechT5ForTextToSpeech, batch: Batch, heard: Tensor, attentions: bool = False) -> Any:
    """What the decoder makes of the batch's text when it hears those frames, (B, S, 80); with its attention if asked.

    It is a Seq2SeqModelOutput of transformers, all of whose fields are optional to a type checker.
    """
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
    """What the model makes of every clip when it hears the teacher's frames: float16, clips in
    `clips.order`.
    """
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

    While speaking, the model only ever hears itself; trained on the teacher's frames alone, its small
    errors pile up.
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
    return losses_of(before, after, stop_scores, output.cross_attentions, batch, alignment_weight)


def losses_of(
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
